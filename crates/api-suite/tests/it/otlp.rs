//! `POST /v1/traces`

use std::io::Write;

use axum::body::Body;
use clasper_redaction::Redactor;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use crate::app::{ACME, AGENT, App, DAEMON};
use crate::redaction::Broken;

const EXPORT: &str = "/v1/traces";
const TRACE: &str = "5b8efff798038103d269b633813fc60c";

fn text(key: &str, value: &str) -> Value {
    json!({"key": key, "value": {"stringValue": value}})
}

/// A request with a call of a model, and whatever else is in `spans`.
fn request(spans: &[Value]) -> Value {
    let mut all = vec![json!({
        "traceId": TRACE, "spanId": "eee19b7ec3c1b174", "name": "chat gpt-4o",
        "startTimeUnixNano": "1795176000000000000", "endTimeUnixNano": "1795176001500000000",
        "attributes": [
            text("gen_ai.operation.name", "chat"),
            text("gen_ai.request.model", "gpt-4o"),
            {"key": "gen_ai.usage.input_tokens", "value": {"intValue": "12"}},
            {"key": "gen_ai.usage.output_tokens", "value": {"intValue": 3}},
        ],
    })];
    all.extend_from_slice(spans);
    json!({"resourceSpans": [{
        "resource": {"attributes": [text("service.name", "shop")]},
        "scopeSpans": [{"scope": {"name": "someone.else"}, "spans": all}],
    }]})
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::default());
    packer.write_all(bytes).expect("memory");
    packer.finish().expect("memory")
}

#[tokio::test]
async fn spans_become_a_trace_of_the_credentials_tenant() {
    let app = App::new();
    let answer = app.post(EXPORT, &[AGENT], request(&[]).to_string()).await;
    assert_eq!((answer.status.as_u16(), &*answer.text), (200, "{}"));
    let uri = "/traces/5b8efff7-9803-8103-d269-b633813fc60c";
    let trace = app.get(uri, &[ACME]).await.body["trace"].clone();
    assert_eq!(
        (&trace["source"], &trace["model"], &trace["duration_ms"]),
        (&json!("otlp"), &json!("gpt-4o"), &json!(1_500))
    );
    assert_eq!(trace["usage"]["input_tokens"], 12);
    assert_eq!(trace["tenant_id"], "acme");
    let log = &app.memory.state().log;
    let entry = &log.last().expect("an entry").entry;
    assert_eq!(entry.event.name(), "spans_ingested");
}

#[tokio::test]
async fn a_body_may_be_compressed_and_is_refused_when_it_lies_about_it() {
    let app = App::new();
    let packed = gzip(request(&[]).to_string().as_bytes());
    let headers = [AGENT, ("content-encoding", "gzip")];
    let answer = app.post(EXPORT, &headers, Body::from(packed)).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let answer = app.post(EXPORT, &headers, "{}").await;
    assert_eq!(answer.refusal(), (400, "malformed_gzip", "none"));
    let bomb = gzip(&vec![b' '; 32 * 1024 * 1024]);
    let answer = app.post(EXPORT, &headers, Body::from(bomb)).await;
    assert_eq!(answer.refusal(), (413, "too_large", "none"));
    let headers = [AGENT, ("content-encoding", "br")];
    let answer = app.post(EXPORT, &headers, "{}").await;
    assert_eq!(answer.refusal(), (415, "unsupported_encoding", "none"));
}

#[tokio::test]
async fn a_span_that_cannot_be_kept_is_refused_alone() {
    let app = App::new();
    let bad = json!({"traceId": TRACE, "spanId": "00", "name": "x", "startTimeUnixNano": "1"});
    let body = request(&[bad]).to_string();
    let answer = app.post(EXPORT, &[AGENT], body).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let partial = &answer.body["partialSuccess"];
    assert_eq!(partial["rejectedSpans"], "1");
    let why = partial["errorMessage"].as_str().expect("a reason");
    assert!(why.contains("span id"), "{why}");
}

#[tokio::test]
async fn what_is_no_request_keeps_nothing() {
    let app = App::new();
    for (headers, body, refusal) in [
        (&[AGENT][..], "nonsense", (400, "malformed_otlp", "none")),
        (
            &[AGENT, ("content-type", "application/x-protobuf")],
            "{}",
            (400, "malformed_otlp", "none"),
        ),
        (
            &[AGENT, ("content-type", "text/plain")],
            "{}",
            (415, "unsupported_media_type", "none"),
        ),
    ] {
        let answer = app.post(EXPORT, headers, body).await;
        assert_eq!(answer.refusal(), refusal, "{body}");
    }
    let answer = app.post(EXPORT, &[], request(&[]).to_string()).await;
    assert_eq!(answer.status, 401);
    let state = app.memory.state();
    assert!(state.traces.is_empty() && state.log.is_empty());
}

#[tokio::test]
async fn a_backend_names_the_tenant_of_what_it_sends() {
    let app = App::new();
    let uri = "/v1/traces?tenant_id=acme";
    let answer = app.post(uri, &[DAEMON], request(&[]).to_string()).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    for (query, found) in [("", 1), ("?source=otlp", 1), ("?source=run", 0)] {
        let traces = app.get(&format!("/traces{query}"), &[ACME]).await;
        let count = traces.body["traces"].as_array().map(Vec::len);
        assert_eq!(count, Some(found), "{query}: {}", traces.text);
    }
}

#[tokio::test]
async fn what_a_tenant_wants_redacted_is_not_stored() {
    let app = App::new();
    let mut prompt = request(&[])["resourceSpans"][0]["scopeSpans"][0]["spans"][0].clone();
    prompt["spanId"] = json!("eee19b7ec3c1b175");
    prompt["name"] = json!("ask bob@example.com");
    prompt["attributes"] = json!([text("gen_ai.prompt.0.content", "I am bob@example.com")]);
    let answer = app
        .post(EXPORT, &[AGENT], request(&[prompt]).to_string())
        .await;
    assert_eq!((answer.status.as_u16(), &*answer.text), (200, "{}"));
    let state = app.memory.state();
    let stored = format!("{:?}{:?}", state.traces, state.log);
    assert!(!stored.contains("bob@"), "{stored}");
    assert!(stored.contains("[EMAIL]"), "{stored}");
}

#[tokio::test]
async fn spans_that_cannot_be_redacted_are_refused_and_nothing_is_stored() {
    let app = App::redacting(Redactor::standard().with_detector(Broken));
    let mut prompt = request(&[])["resourceSpans"][0]["scopeSpans"][0]["spans"][0].clone();
    prompt["name"] = json!("Hildegard");
    let answer = app
        .post(EXPORT, &[AGENT], request(&[prompt]).to_string())
        .await;
    assert_eq!(answer.refusal(), (503, "redaction_failed", "none"));
    let state = app.memory.state();
    assert!(state.traces.is_empty() && state.log.is_empty());
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_however_it_is_sent() {
    let app = App::new();
    let pieces = || {
        let piece = || Ok::<_, std::io::Error>(vec![b' '; 64 * 1024]);
        Body::from_stream(futures::stream::iter((0..40).map(move |_| piece())))
    };
    let kind = ("content-type", "application/x-protobuf");
    let answer = app.post(EXPORT, &[AGENT, kind], pieces()).await;
    assert_eq!(answer.refusal(), (413, "too_large", "none"));
    let whole = vec![b' '; 3 * 1024 * 1024];
    let answer = app.post(EXPORT, &[AGENT], Body::from(whole)).await;
    assert_eq!(answer.refusal(), (413, "too_large", "none"));
}
