use proptest::prelude::*;

use super::*;
use crate::pseudonym::MasterKey;

fn name() -> String {
    MasterKey::new(&[7; 32]).unwrap().month("werk", "DE", "2026-11").name("iban", "DE1")
}

fn names() -> Names {
    let mut names = Names::default();
    names.add(name(), "DE \"1\"");
    names
}

fn event(delta: &str, finish: &str) -> String {
    format!(
        "data: {{\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"model\":\"theirs\",\"choices\":[{{\"index\":0,\"delta\":{delta},\"finish_reason\":{finish}}}]}}\n\n"
    )
}

/// What a client makes of a stream: the texts of all deltas, put together.
fn heard(stream: &[u8], field: &str) -> String {
    let text = std::str::from_utf8(stream).unwrap();
    let mut heard = String::new();
    for line in text.lines().filter_map(|line| line.strip_prefix("data: ")).filter(|line| *line != "[DONE]") {
        let event: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(event["model"], "ours");
        let delta = &event["choices"][0]["delta"];
        let piece = if field == "arguments" {
            &delta["tool_calls"][0]["function"]["arguments"]
        } else {
            &delta[field]
        };
        heard.push_str(piece.as_str().unwrap_or_default());
    }
    heard
}

fn run(stream: &str, cuts: &[usize]) -> Result<Vec<u8>, Unreadable> {
    let (mut events, mut out, mut from) = (Events::new("ours".into()), Vec::new(), 0);
    for cut in cuts.iter().copied().filter(|cut| *cut < stream.len()).chain([stream.len()]) {
        if cut >= from {
            events.push(&stream.as_bytes()[from..cut], &names(), &mut out)?;
            from = cut;
        }
    }
    Ok(out)
}

#[test]
fn a_name_cut_over_three_events_is_restored() {
    let name = name();
    let stream = [
        event(r#"{"role":"assistant"}"#, "null"),
        event(&format!("{{\"content\":\"Pay to {}\"}}", &name[..4]), "null"),
        event(&format!("{{\"content\":\"{}\"}}", &name[4..12]), "null"),
        event(&format!("{{\"content\":\"{} today [x]\"}}", &name[12..]), "null"),
        event("{}", "\"stop\""),
        "data: [DONE]\n\n".to_owned(),
    ]
    .concat();
    let out = run(&stream, &[]).unwrap();
    assert_eq!(heard(&out, "content"), "Pay to DE \"1\" today [x]");
    assert!(out.ends_with(b"data: [DONE]\n\n"));
}

#[test]
fn what_was_held_back_and_is_no_name_comes_before_the_end() {
    let stream =
        [event(&format!("{{\"content\":\"see {}\"}}", &name()[..9]), "null"), event("{}", "\"stop\"")]
            .concat();
    let out = run(&stream, &[]).unwrap();
    assert_eq!(heard(&out, "content"), format!("see {}", &name()[..9]));
    let text = String::from_utf8(out).unwrap();
    assert!(text.rfind("finish_reason\":\"stop").unwrap() > text.rfind("delta\":{\"content").unwrap());
}

#[test]
fn a_value_inside_of_tool_arguments_is_escaped_once_more() {
    let arguments = format!("{{\\\"iban\\\":\\\"{}\\\"}}", name());
    let delta =
        format!("{{\"tool_calls\":[{{\"index\":0,\"function\":{{\"arguments\":\"{arguments}\"}}}}]}}");
    let out = run(&event(&delta, "null"), &[]).unwrap();
    let arguments: serde_json::Value = serde_json::from_str(&heard(&out, "arguments")).unwrap();
    assert_eq!(arguments["iban"], "DE \"1\"");
}

#[test]
fn two_calls_without_an_index_and_content_in_parts_are_restored_too() {
    let name = name();
    let calls = format!(
        "{{\"tool_calls\":[{{\"function\":{{\"arguments\":\"a{}\"}}}},{{\"function\":{{\"arguments\":\"b{}\"}}}}]}}",
        &name[..5],
        &name[..7]
    );
    let out =
        String::from_utf8(run(&[event(&calls, "null"), event("{}", "\"stop\"")].concat(), &[]).unwrap())
            .unwrap();
    assert!(out.contains(&format!("\"arguments\":\"{}\"", &name[..5])), "{out}");
    assert!(out.contains(&format!("\"arguments\":\"{}\"", &name[..7])), "{out}");
    assert!(out.contains("\"id\":\"c\",\"created\":0"), "{out}");
    let parts = format!("{{\"content\":[{{\"type\":\"text\",\"text\":\"to {name}\"}}]}}");
    let out = String::from_utf8(run(&event(&parts, "null"), &[]).unwrap()).unwrap();
    assert!(out.contains("\"text\":\"to DE \\\"1\\\"\""), "{out}");
}

#[test]
fn lines_may_end_in_three_ways_and_comments_go_on() {
    for end in ["\n", "\r\n", "\r"] {
        let stream = format!(
            ": ping{end}{end}{}data: [DONE]{end}{end}",
            event("{\"content\":\"hi\"}", "null").replace('\n', end)
        );
        let out = run(&stream, &[]).unwrap();
        assert_eq!(heard(&out, "content"), "hi", "{end:?}");
        assert!(out.starts_with(b":\n\n"));
    }
}

#[test]
fn a_backends_error_event_and_a_text_that_is_not_json_end_the_stream() {
    assert_eq!(run("data: {\"error\":{\"message\":\"secret\"}}\n\n", &[]), Err(Unreadable));
    assert_eq!(run("data: {\"choices\":[\n\n", &[]), Err(Unreadable));
    assert_eq!(run(&"x".repeat(EVENT_BYTES_MAX + 1), &[]), Err(Unreadable));
}

proptest! {
    /// However the bytes are cut, and the text over events, the client hears the same.
    #[test]
    fn any_split_of_bytes_and_of_text_is_heard_alike(
        cuts in prop::collection::vec(0usize..900, 0..8),
        pieces in prop::collection::vec(1usize..30, 1..12),
    ) {
        let mut cuts = cuts;
        cuts.sort_unstable();
        let text = format!("[i {0}[{0} [iban:] {1}", name(), &name()[..7]);
        let (mut stream, mut from) = (String::new(), 0);
        for piece in pieces.into_iter().chain([text.len()]) {
            let to = (from + piece).min(text.len());
            stream.push_str(&event(&format!("{{\"content\":\"{}\"}}", &text[from..to]), "null"));
            from = to;
        }
        stream.push_str(&event("{}", "\"stop\""));
        stream.push_str("data: [DONE]\n\n");
        let out = run(&stream, &cuts).unwrap();
        prop_assert_eq!(heard(&out, "content"), text.replace(&name(), "DE \"1\""));
    }
}
