//! What an OpenAI-shaped model server answers.
//!
//! The model repeats what it was told, so that a test sees in the answer what arrived and the caller sees
//! pseudonyms come back. Shapes: OpenAI API reference, chat completions and embeddings.

use std::iter;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use hyper::{Method, StatusCode};
use serde_json::{Value, json};

use super::Seen;

/// Characters of one streamed piece: a pseudonym spreads over several events, as tokens do.
const PIECE_CHARS: usize = 3;
/// Lengths of an embedding.
const DIMENSIONS: std::ops::RangeInclusive<u64> = 8..=384;
/// Texts in one embeddings call (OpenAI's own limit).
const INPUTS_MAX: usize = 2048;
/// One piece of a flood.
const FLOOD_PIECE_BYTES: usize = 16 * 1024;

const SSE_END: &str = "data: [DONE]\n\n";

/// A status with what is said.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) content: Content,
}

/// A whole document, or server-sent events.
pub(super) enum Content {
    Json(Bytes),
    Events(Box<dyn Iterator<Item = String> + Send>),
}

/// The answer of the model server `name` to its request number `number`.
pub(super) fn answer(name: &str, number: u64, seen: &Seen) -> Answer {
    let path = seen.path.split('?').next().unwrap_or_default();
    match (&seen.method, path) {
        (&Method::GET, "/v1/models") => document(json!({"object": "list", "data": [model(name)]})),
        (&Method::POST, "/v1/chat/completions" | "/v1/embeddings") => {
            let Ok(request) = serde_json::from_slice::<Value>(&seen.body) else {
                return error(StatusCode::BAD_REQUEST, "the body is not JSON");
            };
            if path == "/v1/embeddings" { embeddings(&request) } else { chat(name, number, &request) }
        }
        (_, "/v1/models" | "/v1/chat/completions" | "/v1/embeddings") => {
            error(StatusCode::METHOD_NOT_ALLOWED, "wrong method")
        }
        _ => error(StatusCode::NOT_FOUND, "unknown path"),
    }
}

/// An error as OpenAI writes one.
pub(super) fn error(status: StatusCode, message: &str) -> Answer {
    let (kind, code) = match status.as_u16() {
        401 => ("invalid_request_error", json!("invalid_api_key")),
        429 => ("requests", json!("rate_limit_exceeded")),
        500.. => ("server_error", Value::Null),
        _ => ("invalid_request_error", Value::Null),
    };
    let body = json!({"error": {"message": message, "type": kind, "param": null, "code": code}});
    Answer { status, ..document(body) }
}

impl Content {
    /// Its media type.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Json(_) => "application/json",
            Self::Events(_) => "text/event-stream; charset=utf-8",
        }
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        match self {
            Self::Json(text) => text.into(),
            Self::Events(events) => events.collect::<String>().into_bytes(),
        }
    }

    /// Breaks off where a reader needs more.
    pub(super) fn malformed(self) -> Self {
        match self {
            Self::Json(text) => Self::Json(text.slice(..text.len() / 2)),
            Self::Events(events) => {
                let broken = "data: {\"id\":\"chatcmpl-broken\",\"choices\":[{\"delta\":\n\n".to_owned();
                Self::Events(Box::new(events.take(1).chain([broken])))
            }
        }
    }

    /// As long as told: one document, or events without end.
    pub(super) fn flooded(self, bytes: u64) -> Self {
        let pieces = usize::try_from(bytes).unwrap_or(usize::MAX).div_ceil(FLOOD_PIECE_BYTES);
        let filler = "x".repeat(FLOOD_PIECE_BYTES);
        let head = r#"{"id":"chatcmpl-flood","object":"chat.completion","created":1,"model":"flood","choices":[{"index":0,"message":{"role":"assistant","content":""#;
        match self {
            Self::Json(_) => {
                let tail = r#""},"finish_reason":"stop"}]}"#;
                let middle = iter::repeat_n(filler, pieces);
                Self::Events(Box::new(iter::once(head.to_owned()).chain(middle).chain([tail.to_owned()])))
            }
            Self::Events(_) => {
                let event = chunk_event(&json!({"id": "chatcmpl-flood", "object": "chat.completion.chunk",
                    "created": 1, "model": "flood",
                    "choices": [{"index": 0, "delta": {"content": filler}, "finish_reason": null}]}));
                Self::Events(Box::new(iter::repeat_n(event, pieces).chain([SSE_END.to_owned()])))
            }
        }
    }
}

fn document(value: Value) -> Answer {
    Answer { status: StatusCode::OK, content: Content::Json(value.to_string().into()) }
}

fn model(name: &str) -> Value {
    json!({"id": format!("{name}-echo"), "object": "model", "created": 1, "owned_by": "inland-stand-in"})
}

fn chat(name: &str, number: u64, request: &Value) -> Answer {
    let Some(messages) = request.get("messages").and_then(Value::as_array) else {
        return error(StatusCode::BAD_REQUEST, "messages is missing");
    };
    let said = Said::new(name, request, messages);
    let base = json!({
        "id": format!("chatcmpl-{name}-{number}"),
        "created": unix_seconds(),
        "model": request.get("model").cloned().unwrap_or_default(),
        "service_tier": "default",
        "system_fingerprint": "fp_standin",
    });
    let usage = usage(messages, said.text());
    if request.get("stream") == Some(&Value::Bool(true)) {
        let with_usage = request.pointer("/stream_options/include_usage") == Some(&Value::Bool(true));
        let events = stream(said, base, with_usage.then_some(usage));
        return Answer { status: StatusCode::OK, content: Content::Events(events) };
    }
    let finish = said.finish_reason();
    let choice = json!({"index": 0, "message": said.message(), "logprobs": null, "finish_reason": finish});
    document(with(base, json!({"object": "chat.completion", "choices": [choice], "usage": usage})))
}

/// What the model says: a text, or a call of one of the caller's functions.
enum Said {
    Text(String),
    Call { function: String, arguments: String },
}

impl Said {
    fn new(name: &str, request: &Value, messages: &[Value]) -> Self {
        let last = |role: &str| {
            let of_role = |message: &&Value| message.get("role").and_then(Value::as_str) == Some(role);
            messages.iter().rev().find(of_role).map(text_of).unwrap_or_default()
        };
        if let Some(function) = demanded_function(request) {
            return Self::Call { function, arguments: json!({"text": last("user")}).to_string() };
        }
        if messages.last().and_then(|message| message.get("role")?.as_str()) == Some("tool") {
            return Self::Text(format!("{name} here. The tool said: {}", last("tool")));
        }
        Self::Text(format!("{name} here. You wrote: {}", last("user")))
    }

    fn text(&self) -> &str {
        match self {
            Self::Text(text) => text,
            Self::Call { arguments, .. } => arguments,
        }
    }

    fn finish_reason(&self) -> &'static str {
        match self {
            Self::Text(_) => "stop",
            Self::Call { .. } => "tool_calls",
        }
    }

    fn message(self) -> Value {
        match self {
            Self::Text(text) => {
                json!({"role": "assistant", "content": text, "refusal": null, "annotations": []})
            }
            Self::Call { function, arguments } => {
                json!({"role": "assistant", "content": null, "refusal": null,
                "tool_calls": [call(&function, &arguments)]})
            }
        }
    }

    /// The first change of a stream, before any piece.
    fn opening(&self) -> Value {
        match self {
            Self::Text(_) => json!({"role": "assistant", "content": "", "refusal": null}),
            Self::Call { function, .. } => {
                let call = with(call(function, ""), json!({"index": 0}));
                json!({"role": "assistant", "content": null, "refusal": null, "tool_calls": [call]})
            }
        }
    }

    /// Each further change.
    fn piece(is_text: bool, piece: &str) -> Value {
        if is_text {
            return json!({"content": piece});
        }
        json!({"tool_calls": [{"index": 0, "function": {"arguments": piece}}]})
    }
}

fn call(function: &str, arguments: &str) -> Value {
    json!({"id": "call_standin", "type": "function", "function": {"name": function, "arguments": arguments}})
}

/// The function that `tool_choice` names, or the first one where it only says that one is required.
fn demanded_function(request: &Value) -> Option<String> {
    let choice = request.get("tool_choice")?;
    let name = match choice.as_str() {
        Some("required") => request.pointer("/tools/0/function/name")?,
        Some(_) => return None,
        None => choice.pointer("/function/name")?,
    };
    name.as_str().map(str::to_owned)
}

/// A message's text: a string, or the text parts of a list.
fn text_of(message: &Value) -> String {
    match message.get("content") {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(parts)) => {
            parts.iter().filter_map(|part| part.get("text").and_then(Value::as_str)).collect()
        }
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_)) | None => String::new(),
    }
}

fn stream(said: Said, base: Value, usage: Option<Value>) -> Box<dyn Iterator<Item = String> + Send> {
    let base = with(base, json!({"object": "chat.completion.chunk"}));
    // With include_usage every other chunk carries a null (OpenAI API reference, `stream_options`).
    let base = if usage.is_some() { with(base, json!({"usage": null})) } else { base };
    let change = |base: &Value, delta: Value, finish: Option<&str>| {
        let choice = json!({"index": 0, "delta": delta, "logprobs": null, "finish_reason": finish});
        chunk_event(&with(base.clone(), json!({"choices": [choice]})))
    };
    let first = change(&base, said.opening(), None);
    let last = change(&base, json!({}), Some(said.finish_reason()));
    let counted = usage.map(|usage| chunk_event(&with(base.clone(), json!({"choices": [], "usage": usage}))));
    let is_text = matches!(said, Said::Text(_));
    let pieces =
        pieces(said.text().to_owned()).map(move |piece| change(&base, Said::piece(is_text, &piece), None));
    Box::new(iter::once(first).chain(pieces).chain([last]).chain(counted).chain([SSE_END.to_owned()]))
}

fn pieces(text: String) -> impl Iterator<Item = String> {
    let mut at = 0;
    iter::from_fn(move || {
        let piece: String = text.get(at..)?.chars().take(PIECE_CHARS).collect();
        at += piece.len();
        (!piece.is_empty()).then_some(piece)
    })
}

fn chunk_event(chunk: &Value) -> String {
    format!("data: {chunk}\n\n")
}

fn usage(messages: &[Value], answer: &str) -> Value {
    let prompt: usize = messages.iter().map(|message| tokens(&text_of(message))).sum();
    let completion = tokens(answer);
    json!({
        "prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0,
            "accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0},
    })
}

/// About four bytes each.
fn tokens(text: &str) -> usize {
    text.len().div_ceil(4)
}

fn embeddings(request: &Value) -> Answer {
    let Some(texts) = inputs(request) else {
        return error(StatusCode::BAD_REQUEST, "input is not a text, nor a list of texts or tokens");
    };
    let length = request.get("dimensions").map_or(Some(*DIMENSIONS.end()), Value::as_u64);
    let Some(length) = length.filter(|length| DIMENSIONS.contains(length)) else {
        return error(StatusCode::BAD_REQUEST, "dimensions is not 8 to 384");
    };
    let base64 = request.get("encoding_format").and_then(Value::as_str) == Some("base64");
    let entry = |(index, text): (usize, &String)| {
        let vector = embed(text, length);
        let embedding = if base64 {
            let bytes: Vec<u8> = vector.iter().flat_map(|value| value.to_le_bytes()).collect();
            json!(STANDARD.encode(bytes))
        } else {
            json!(vector)
        };
        json!({"object": "embedding", "index": index, "embedding": embedding})
    };
    let data: Vec<_> = texts.iter().enumerate().map(entry).collect();
    let count: usize = texts.iter().map(|text| tokens(text)).sum();
    document(json!({"object": "list", "data": data, "model": request.get("model"),
        "usage": {"prompt_tokens": count, "total_tokens": count}}))
}

/// The texts of `input`. Token lists count as the text of their numbers.
fn inputs(request: &Value) -> Option<Vec<String>> {
    let is_tokens = |list: &Vec<Value>| list.iter().all(Value::is_u64);
    match request.get("input")? {
        Value::String(text) => Some(vec![text.clone()]),
        Value::Array(list) if list.is_empty() || list.len() > INPUTS_MAX => None,
        Value::Array(list) if is_tokens(list) => Some(vec![Value::Array(list.clone()).to_string()]),
        Value::Array(list) => {
            let text = |item: &Value| match item {
                Value::String(text) => Some(text.clone()),
                Value::Array(tokens) if is_tokens(tokens) => Some(item.to_string()),
                Value::Array(_) | Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => None,
            };
            list.iter().map(text).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => None,
    }
}

/// A unit vector that depends on the words alone, so that texts with words in common are near.
fn embed(text: &str, length: u64) -> Vec<f32> {
    let words = text.split_whitespace().map(|word| fnv1a(word.as_bytes()));
    let seeds: Vec<u64> = words.chain([fnv1a(b"")]).collect();
    let value = |index: u64| seeds.iter().map(|seed| unit(split_mix(seed.wrapping_add(index)))).sum::<f32>();
    let vector: Vec<f32> = (0..length).map(value).collect();
    let norm = vector.iter().map(|value| value * value).sum::<f32>().sqrt().max(f32::MIN_POSITIVE);
    vector.iter().map(|value| value / norm).collect()
}

/// FNV-1a, 64 bits.
fn fnv1a(bytes: &[u8]) -> u64 {
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, step)
}

/// The finaliser of SplitMix64.
fn split_mix(seed: u64) -> u64 {
    let mixed = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// The top 16 bits, between -1 and 1.
fn unit(bits: u64) -> f32 {
    let [high, low, ..] = bits.to_be_bytes();
    f32::from(u16::from_be_bytes([high, low])) / 32_767.5 - 1.0
}

/// An object with the other's fields added, or put in place of its own.
fn with(mut object: Value, other: Value) -> Value {
    if let (Value::Object(fields), Value::Object(more)) = (&mut object, other) {
        fields.extend(more);
    }
    object
}

fn unix_seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
