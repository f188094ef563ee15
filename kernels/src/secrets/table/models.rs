//! Providers of models, and what is built around them.

use super::super::shape::Alphabet::{Alnum, Hex, Token as Url, Word};
use super::{Rule, Token, exact, ruled, some, uuid};

pub(super) const TOKENS: &[Token] = &[
    // api-docs.deepseek.com: 32 hexadecimal digits; before the likes of OpenAI, which have any length.
    exact("sk-", "secret.deepseek-api-key", Hex, 32),
    // platform.openai.com, "API keys", "Admin keys", "Service accounts".
    ruled(Rule::Digit, some("sk-", "secret.openai-api-key", Url, 20)),
    some("sk-proj-", "secret.openai-api-key", Url, 20),
    some("sk-svcacct-", "secret.openai-service-key", Url, 20),
    some("sk-admin-", "secret.openai-admin-key", Url, 20),
    exact("sess-", "secret.openai-session-key", Alnum, 40),
    // docs.anthropic.com, "API keys", "Admin API", "Claude Code authentication".
    some("sk-ant-", "secret.anthropic-api-key", Url, 20),
    some("sk-ant-admin01-", "secret.anthropic-admin-key", Url, 20),
    some("sk-ant-oat01-", "secret.anthropic-oauth-token", Url, 20),
    some("sk-ant-ort01-", "secret.anthropic-refresh-token", Url, 20),
    some("sk-ant-sid01-", "secret.anthropic-session-key", Url, 20),
    // openrouter.ai, console.groq.com, docs.x.ai, docs.perplexity.ai, docs.together.ai, replicate.com.
    some("sk-or-v1-", "secret.openrouter-api-key", Hex, 32),
    some("gsk_", "secret.groq-api-key", Alnum, 40),
    some("xai-", "secret.xai-api-key", Alnum, 40),
    some("pplx-", "secret.perplexity-api-key", Alnum, 40),
    some("tgp_v1_", "secret.together-api-key", Url, 40),
    some("r8_", "secret.replicate-token", Alnum, 32),
    // huggingface.co, "User access tokens", "Organisation tokens"; build.nvidia.com; fireworks.ai;
    // cerebras.ai; elevenlabs.io.
    some("hf_", "secret.huggingface-token", Alnum, 30),
    some("api_org_", "secret.huggingface-org-token", Alnum, 30),
    some("nvapi-", "secret.nvidia-api-key", Url, 40),
    ruled(Rule::Digit, some("fw_", "secret.fireworks-api-key", Alnum, 20)),
    some("csk-", "secret.cerebras-api-key", Alnum, 40),
    exact("sk_", "secret.elevenlabs-api-key", Hex, 48),
    some("sk_car_", "secret.cartesia-api-key", Alnum, 20),
    // docs.smith.langchain.com; langfuse.com; docs.wandb.ai; docs.pinecone.io; jina.ai; docs.voyageai.com.
    some("lsv2_pt_", "secret.langsmith-api-key", Word, 32),
    some("lsv2_sk_", "secret.langsmith-service-key", Word, 32),
    uuid("sk-lf-", "secret.langfuse-secret-key"),
    some("wandb_v1_", "secret.wandb-api-key", Word, 40),
    some("pcsk_", "secret.pinecone-api-key", Word, 50),
    some("jina_", "secret.jina-api-key", Url, 50),
    exact("pa-", "secret.voyage-api-key", Url, 43),
    // tavily.com, firecrawl.dev, e2b.dev, modal.com, llamaindex.ai, helicone.ai, browserbase.com, dify.ai.
    ruled(Rule::Digit, some("tvly-", "secret.tavily-api-key", Url, 30)),
    exact("fc-", "secret.firecrawl-api-key", Hex, 32),
    exact("e2b_", "secret.e2b-api-key", Hex, 40),
    ruled(Rule::Digit, exact("as-", "secret.modal-token-secret", Alnum, 22)),
    ruled(Rule::Digit, exact("ak-", "secret.modal-token-id", Alnum, 22)),
    some("llx-", "secret.llamacloud-api-key", Alnum, 40),
    some("sk-helicone-", "secret.helicone-api-key", Url, 20),
    some("bb_live_", "secret.browserbase-api-key", Url, 20),
    ruled(Rule::Digit, exact("app-", "secret.dify-app-key", Alnum, 24)),
    ruled(Rule::Digit, exact("dataset-", "secret.dify-dataset-key", Alnum, 24)),
];
