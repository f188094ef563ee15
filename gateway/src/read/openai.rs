//! OpenAI's request shapes: what must be there, and which features reach further than text.
//!
//! Unknown fields go on, inspected as text like all others; a known field of the wrong shape is
//! refused, because a backend could read it in another way than we did. Names of features are those
//! of the law data's vocabulary; one that it does not know is refused there (E9).

use crate::json::{At, Document, Kind};
use crate::refusal::Refusal;

/// What a request says besides its text.
pub(super) struct Request {
    pub(super) model: String,
    pub(super) stream: bool,
    pub(super) features: Vec<&'static str>,
}

/// Fields by which some servers choose another model, provider or address by themselves. What they
/// mean depends on the server, so they count as tools that run there.
const SERVER_CHOOSES: [&str; 16] = [
    "models",
    "route",
    "provider",
    "fallbacks",
    "plugins",
    "base_url",
    "api_base",
    "webhook",
    "callback_url",
    "data_sources",
    "search_parameters",
    "enable_search",
    "extra_body",
    "custom_llm_provider",
    "mcp_servers",
    "kv_transfer_params",
];

/// Keys that mean something here. Some servers match keys without regard to case (Go's encoding/json does,
/// and folds the long s and the Kelvin sign too), so another spelling of one of these would be a second
/// value that we did not look at.
const MEANT: [&str; 29] = [
    "model",
    "messages",
    "stream",
    "input",
    "store",
    "tools",
    "metadata",
    "background",
    "modalities",
    "audio",
    "web_search_options",
    "previous_response_id",
    "conversation",
    "prompt_cache_retention",
    "response_format",
    "file_ids",
    "attachments",
    "role",
    "content",
    "type",
    "text",
    "image_url",
    "input_audio",
    "file",
    "url",
    "file_id",
    "file_data",
    "function",
    "tool_calls",
];

/// Refuses keys that differ from a meant one in case only.
fn refuse_lookalikes(document: &Document, object: At) -> Result<(), Refusal> {
    for (key, _) in document.entries(object) {
        let text = document.text(key).unwrap_or_default();
        if text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_' || byte.is_ascii_digit()) {
            continue;
        }
        let folded: String = text.chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect();
        let meant = MEANT.iter().chain(&SERVER_CHOOSES).find(|meant| **meant == folded);
        if let Some(meant) = meant.filter(|meant| **meant != text) {
            return Err(wrong(format!(
                "a key is spelt almost like {meant}; some servers take one for the other"
            )));
        }
    }
    Ok(())
}

fn wrong(message: impl Into<String>) -> Refusal {
    Refusal::BadRequest(message.into())
}

pub(super) fn chat(document: &Document) -> Result<Request, Refusal> {
    let root = document.root();
    let mut request = common(document)?;
    let messages = document.get(root, "messages").ok_or_else(|| wrong("messages is missing"))?;
    if document.kind(messages) != Kind::Array || document.items(messages).next().is_none() {
        return Err(wrong("messages must be a list with at least one message"));
    }
    for message in document.items(messages) {
        message_features(document, message, &mut request.features)?;
    }
    top_level_features(document, &mut request.features)?;
    finish(request)
}

pub(super) fn embeddings(document: &Document) -> Result<Request, Refusal> {
    let root = document.root();
    let mut request = common(document)?;
    if request.stream {
        return Err(wrong("embeddings are not streamed"));
    }
    let input = document.get(root, "input").ok_or_else(|| wrong("input is missing"))?;
    match document.kind(input) {
        Kind::String => {}
        Kind::Array => {
            // Lists of numbers are tokens: text that cannot be read here.
            for item in document.items(input) {
                match document.kind(item) {
                    Kind::String => {}
                    Kind::Number | Kind::Array => request.features.push("token_input"),
                    Kind::Null | Kind::True | Kind::False | Kind::Key | Kind::Object => {
                        return Err(wrong("input must be a text or a list of texts"));
                    }
                }
            }
        }
        Kind::Null | Kind::True | Kind::False | Kind::Number | Kind::Key | Kind::Object => {
            return Err(wrong("input must be a text or a list of texts"));
        }
    }
    top_level_features(document, &mut request.features)?;
    finish(request)
}

fn finish(mut request: Request) -> Result<Request, Refusal> {
    request.features.sort_unstable();
    request.features.dedup();
    Ok(request)
}

fn common(document: &Document) -> Result<Request, Refusal> {
    let root = document.root();
    if document.kind(root) != Kind::Object {
        return Err(wrong("the body must be a JSON object"));
    }
    refuse_lookalikes(document, root)?;
    let model = document.get(root, "model").ok_or_else(|| wrong("model is missing"))?;
    let model = document.string(model).ok_or_else(|| wrong("model must be a text"))?.to_owned();
    let stream = flag(document, "stream")?;
    let features = if stream { vec!["stream"] } else { Vec::new() };
    Ok(Request { model, stream, features })
}

/// A field that is true, false, null or absent; anything else is refused.
fn flag(document: &Document, name: &str) -> Result<bool, Refusal> {
    match document.get(document.root(), name).map(|at| document.kind(at)) {
        None | Some(Kind::Null | Kind::False) => Ok(false),
        Some(Kind::True) => Ok(true),
        Some(Kind::Number | Kind::String | Kind::Key | Kind::Array | Kind::Object) => {
            Err(wrong(format!("{name} must be true or false")))
        }
    }
}

fn message_features(
    document: &Document,
    message: At,
    features: &mut Vec<&'static str>,
) -> Result<(), Refusal> {
    if document.kind(message) != Kind::Object {
        return Err(wrong("a message must be an object"));
    }
    refuse_lookalikes(document, message)?;
    if ["file_ids", "attachments"].iter().any(|name| document.get(message, name).is_some()) {
        features.push("file_id");
    }
    let role = document.get(message, "role").and_then(|role| document.string(role));
    role.ok_or_else(|| wrong("a message must have a role"))?;
    if document.get(message, "audio").is_some_and(|audio| document.kind(audio) != Kind::Null) {
        features.push("audio");
    }
    let Some(content) = document.get(message, "content") else { return Ok(()) };
    match document.kind(content) {
        Kind::String | Kind::Null => Ok(()),
        Kind::Array => document.items(content).try_for_each(|part| part_features(document, part, features)),
        Kind::True | Kind::False | Kind::Number | Kind::Key | Kind::Object => {
            Err(wrong("content must be a text or a list of parts"))
        }
    }
}

fn part_features(document: &Document, part: At, features: &mut Vec<&'static str>) -> Result<(), Refusal> {
    refuse_lookalikes(document, part)?;
    let kind = document.get(part, "type").and_then(|kind| document.string(kind));
    let field = |object: &str, name: &str| {
        let inner = document.get(part, object)?;
        if name.is_empty() { document.string(inner) } else { document.string(document.get(inner, name)?) }
    };
    match kind {
        Some("text" | "refusal") => {}
        Some("image_url") => {
            // Some servers take the address itself in place of the object.
            let url = field("image_url", "url").or_else(|| field("image_url", ""));
            let url = url.ok_or_else(|| wrong("image_url must have a url"))?;
            let inline = url.get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case("data:"));
            features.push(if inline { "image" } else { "remote_image" });
        }
        Some("input_audio") => features.push("audio"),
        Some("file") => features.push(if field("file", "file_id").is_some() { "file_id" } else { "file" }),
        Some(_) => features.push("unknown_content"),
        None => return Err(wrong("a part of content must have a type")),
    }
    Ok(())
}

fn top_level_features(document: &Document, features: &mut Vec<&'static str>) -> Result<(), Refusal> {
    let root = document.root();
    if flag(document, "store")? {
        features.push("store");
    }
    if flag(document, "background")? {
        features.push("background");
    }
    let set = |name: &str| document.get(root, name).filter(|at| document.kind(*at) != Kind::Null);
    if set("metadata").is_some() {
        features.push("metadata");
    }
    // Prompts kept on the server's disks past the call.
    if set("prompt_cache_retention")
        .is_some_and(|at| !matches!(document.string(at), Some("in_memory" | "in-memory")))
    {
        features.push("store");
    }
    if set("web_search_options").is_some() {
        features.push("web_search");
    }
    if set("previous_response_id").is_some() || set("conversation").is_some() {
        features.push("previous_response");
    }
    if set("audio").is_some() {
        features.push("audio");
    }
    if let Some(modalities) = set("modalities") {
        if document.kind(modalities) != Kind::Array {
            return Err(wrong("modalities must be a list"));
        }
        let spoken = document.items(modalities).any(|item| document.string(item) != Some("text"));
        features.extend(spoken.then_some("audio"));
    }
    if SERVER_CHOOSES.iter().any(|name| set(name).is_some()) {
        features.push("server_tool");
    }
    if set("response_format").is_some_and(|at| document.get(at, "json_schema").is_some()) {
        features.push("json_schema");
    }
    if set("file_ids").is_some() || set("attachments").is_some() {
        features.push("file_id");
    }
    tools(document, set("tools"), features)
}

/// Functions and custom tools run at the caller's; every other type runs at the server's.
fn tools(document: &Document, tools: Option<At>, features: &mut Vec<&'static str>) -> Result<(), Refusal> {
    let Some(tools) = tools else { return Ok(()) };
    if document.kind(tools) != Kind::Array {
        return Err(wrong("tools must be a list"));
    }
    for tool in document.items(tools) {
        refuse_lookalikes(document, tool)?;
        match document.get(tool, "type").and_then(|kind| document.string(kind)) {
            Some("function" | "custom") => features.push("tools"),
            Some("web_search" | "web_search_preview") => features.push("web_search"),
            Some(_) => features.push("server_tool"),
            None => return Err(wrong("a tool must have a type")),
        }
    }
    Ok(())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn features(extra: &str) -> Vec<&'static str> {
        let text = format!(r#"{{"model":"m","messages":[{{"role":"user","content":"hi"}}]{extra}}}"#);
        chat(&Document::parse(text.as_bytes()).unwrap()).map(|request| request.features).unwrap()
    }

    fn content(part: &str) -> Vec<&'static str> {
        let text = format!(r#"{{"model":"m","messages":[{{"role":"user","content":[{part}]}}]}}"#);
        chat(&Document::parse(text.as_bytes()).unwrap()).map(|request| request.features).unwrap()
    }

    #[test]
    fn what_reaches_outside_is_named() {
        assert_eq!(features(""), Vec::<&str>::new());
        for (extra, wanted) in [
            (r#","stream":true"#, "stream"),
            (r#","store":true"#, "store"),
            (r#","prompt_cache_retention":"24h""#, "store"),
            (r#","web_search_options":{}"#, "web_search"),
            (r#","tools":[{"type":"function"}]"#, "tools"),
            (r#","tools":[{"type":"code_interpreter"}]"#, "server_tool"),
            (r#","tools":[{"type":"web_search"}]"#, "web_search"),
            (r#","models":["us/large"]"#, "server_tool"),
            (r#","provider":{"order":["US"]}"#, "server_tool"),
            (r#","data_sources":[{"type":"azure_search"}]"#, "server_tool"),
            (r#","metadata":{"a":"b"}"#, "metadata"),
            (r#","modalities":["text","audio"]"#, "audio"),
            (r#","response_format":{"type":"json_schema","json_schema":{}}"#, "json_schema"),
        ] {
            assert_eq!(features(extra), [wanted], "{extra}");
        }
        for (part, wanted) in [
            (r#"{"type":"image_url","image_url":{"url":"https://x.example/a.png"}}"#, "remote_image"),
            (r#"{"type":"image_url","image_url":"http://x.example/a.png"}"#, "remote_image"),
            (r#"{"type":"image_url","image_url":{"url":"DATA:image/png;base64,AA"}}"#, "image"),
            (r#"{"type":"input_audio","input_audio":{}}"#, "audio"),
            (r#"{"type":"file","file":{"file_id":"f"}}"#, "file_id"),
            (r#"{"type":"file","file":{"file_data":"…"}}"#, "file"),
            (r#"{"type":"hologram"}"#, "unknown_content"),
        ] {
            assert_eq!(content(part), [wanted], "{part}");
        }
    }

    #[test]
    fn tokens_are_text_that_cannot_be_read() {
        let read = |text: &str| {
            embeddings(&Document::parse(text.as_bytes()).unwrap()).map(|request| request.features)
        };
        assert_eq!(read(r#"{"model":"e","input":["a","b"]}"#).unwrap(), Vec::<&str>::new());
        assert_eq!(read(r#"{"model":"e","input":[[1,2],[3]]}"#).unwrap(), ["token_input"]);
        assert_eq!(read(r#"{"model":"e","input":[1,2]}"#).unwrap(), ["token_input"]);
        assert!(read(r#"{"model":"e","input":{}}"#).is_err());
    }

    #[test]
    fn a_known_field_of_another_shape_is_refused() {
        for text in [
            r#"[]"#,
            r#"{"messages":[]}"#,
            r#"{"model":7,"messages":[{"role":"user","content":"a"}]}"#,
            r#"{"model":"m","messages":{}}"#,
            r#"{"model":"m","messages":[]}"#,
            r#"{"model":"m","messages":["a"]}"#,
            r#"{"model":"m","messages":[{"content":"a"}]}"#,
            r#"{"model":"m","messages":[{"role":"user","content":7}]}"#,
            r#"{"model":"m","messages":[{"role":"user","content":[{"text":"a"}]}]}"#,
            r#"{"model":"m","stream":"true","messages":[{"role":"user","content":"a"}]}"#,
            r#"{"model":"m","store":1,"messages":[{"role":"user","content":"a"}]}"#,
            r#"{"model":"m","tools":{},"messages":[{"role":"user","content":"a"}]}"#,
            r#"{"model":"m","modalities":"audio","messages":[{"role":"user","content":"a"}]}"#,
            // A server that matches keys without regard to case would take these for what they look like.
            r#"{"model":"m","Model":"other","messages":[{"role":"user","content":"a"}]}"#,
            r#"{"model":"m","STORE":true,"messages":[{"role":"user","content":"a"}]}"#,
            r#"{"model":"m","\u017ftore":true,"messages":[{"role":"user","content":"a"}]}"#,
            r#"{"model":"m","messages":[{"role":"user","content":"a","Content":"b"}]}"#,
            r#"{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"a","Type":"file"}]}]}"#,
            r#"{"model":"m","tools":[{"type":"function","Type":"web_search"}],"messages":[{"role":"user","content":"a"}]}"#,
        ] {
            let refused = chat(&Document::parse(text.as_bytes()).unwrap());
            assert!(matches!(refused.err(), Some(Refusal::BadRequest(_))), "{text}");
        }
    }
}
