//! Clouds, networks and databases.

use super::super::shape::Alphabet::{Alnum, Base64, Dotted, Hex, Token as Url, Upper, Word};
use super::{Rule, Token, exact, ruled, some};

pub(super) const TOKENS: &[Token] = &[
    // docs.aws.amazon.com, IAM, "Unique identifiers"; Bedrock, "API keys".
    exact("AKIA", "secret.aws-access-key", Upper, 16),
    exact("ASIA", "secret.aws-access-key", Upper, 16),
    exact("ABIA", "secret.aws-service-bearer-key", Upper, 16),
    exact("ACCA", "secret.aws-context-key", Upper, 16),
    some("ABSK", "secret.aws-bedrock-key", Base64, 80),
    some("bedrock-api-key-", "secret.aws-bedrock-key", Base64, 40),
    some("IQoJb3JpZ2lu", "secret.aws-session-token", Base64, 100),
    some("FwoGZXIvYXdz", "secret.aws-session-token", Base64, 100),
    some("FQoGZXIvYXdz", "secret.aws-session-token", Base64, 100),
    // cloud.google.com, "API keys", "HMAC keys", "OAuth clients"; firebase.google.com.
    exact("AIza", "secret.google-api-key", Url, 35),
    some("GOCSPX-", "secret.google-client-secret", Url, 24),
    some("GOOG1E", "secret.google-hmac-key", Upper, 50),
    some("APA91b", "secret.firebase-server-key", Url, 100),
    // learn.microsoft.com, "Azure DevOps personal access tokens": by shape, see `shape_of` beside.
    // alibabacloud.com and cloud.tencent.com, "Access keys".
    ruled(Rule::Digit, Token { most: 26, ..some("LTAI", "secret.alibaba-access-key", Alnum, 12) }),
    exact("AKID", "secret.tencent-secret-id", Alnum, 32),
    // European clouds: scaleway.com, exoscale.com, upcloud.com, aiven.io, yandex.cloud.
    exact("SCW", "secret.scaleway-access-key", Upper, 17),
    exact("EXO", "secret.exoscale-api-key", Hex, 24),
    some("ucat_", "secret.upcloud-token", Alnum, 26),
    some("AVNS_", "secret.aiven-password", Url, 16),
    some("AQVN", "secret.yandex-api-key", Url, 34),
    exact("YCAJE", "secret.yandex-access-key", Url, 20),
    // docs.digitalocean.com, "Personal access tokens", "Spaces", "Inference".
    exact("dop_v1_", "secret.digitalocean-token", Hex, 64),
    exact("doo_v1_", "secret.digitalocean-oauth-token", Hex, 64),
    exact("dor_v1_", "secret.digitalocean-refresh-token", Hex, 64),
    exact("DO00", "secret.digitalocean-spaces-key", Upper, 16),
    some("sk-do-", "secret.digitalocean-model-key", Url, 40),
    // developers.cloudflare.com, "Token formats"; "Origin CA keys".
    some("cfk_", "secret.cloudflare-api-key", Alnum, 40),
    some("cfut_", "secret.cloudflare-token", Alnum, 40),
    some("cfat_", "secret.cloudflare-token", Alnum, 40),
    // devcenter.heroku.com; vercel.com, "Tokens"; docs.netlify.com; fly.io, "Access tokens".
    some("HRKU-", "secret.heroku-api-key", Url, 36),
    some("vcp_", "secret.vercel-token", Alnum, 24),
    some("vci_", "secret.vercel-token", Alnum, 24),
    some("vca_", "secret.vercel-token", Alnum, 24),
    some("vcr_", "secret.vercel-token", Alnum, 24),
    some("vck_", "secret.vercel-gateway-key", Alnum, 24),
    some("vercel_blob_rw_", "secret.vercel-blob-token", Word, 30),
    some("nfp_", "secret.netlify-token", Alnum, 36),
    some("fo1_", "secret.fly-token", Url, 40),
    some("fm1a_", "secret.fly-token", Base64, 80),
    some("fm1r_", "secret.fly-token", Base64, 80),
    some("fm2_", "secret.fly-token", Base64, 80),
    some("rnd_", "secret.render-api-key", Alnum, 26),
    // Databases: supabase.com, planetscale.com, neon.tech, mongodb.com, docs.databricks.com, confluent.io,
    // elastic.co, cockroachlabs.com, crunchybridge.com.
    exact("sbp_", "secret.supabase-access-token", Hex, 40),
    some("sb_secret_", "secret.supabase-secret-key", Url, 28),
    some("pscale_tkn_", "secret.planetscale-token", Dotted, 32),
    some("pscale_pw_", "secret.planetscale-password", Dotted, 32),
    some("pscale_oauth_", "secret.planetscale-oauth-token", Dotted, 32),
    some("napi_", "secret.neon-api-key", Alnum, 40),
    some("npg_", "secret.neon-password", Alnum, 12),
    some("mdb_sa_sk_", "secret.mongodb-atlas-secret", Url, 32),
    exact("dapi", "secret.databricks-token", Hex, 32),
    exact("dose", "secret.databricks-oauth-secret", Hex, 32),
    exact("cflt", "secret.confluent-api-secret", Base64, 60),
    some("essu_", "secret.elastic-api-key", Base64, 40),
    some("CCDB1_", "secret.cockroach-api-key", Word, 40),
    some("cbkey_", "secret.crunchy-api-key", Alnum, 28),
    // backblaze.com, "Application keys": 31 characters.
    ruled(Rule::Digit, exact("K00", "secret.backblaze-key", Base64, 28)),
    // tailscale.com, "Key prefixes"; docs.netbird.io.
    some("tskey-", "secret.tailscale-key", Url, 20),
    some("nbp_", "secret.netbird-token", Alnum, 36),
];
