//! Bodies that are refused, and how precisely.

use std::collections::BTreeMap;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::routing::post as on_post;
use clasper_http::ApiJson;
use serde::Deserialize;
use serde_json::Value;

use crate::app::{Answer, app, post, send};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only whether it can be read matters")]
struct Message {
    text: String,
    count: Option<u32>,
    #[serde(default)]
    parts: Vec<Part>,
    #[serde(default)]
    labels: BTreeMap<String, u32>,
    extra: Option<Value>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only whether it can be read matters")]
struct Part {
    kind: Kind,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Text,
}

fn router() -> Router {
    let handler = |ApiJson(_): ApiJson<Message>| async { "read" };
    app(Router::new().route("/", on_post(handler)))
}

async fn refused(body: impl Into<Body>) -> Answer {
    let answer = send(&router(), post("/", body)).await;
    assert!(answer.status.is_client_error(), "{answer:?}");
    assert_eq!(
        answer.header("content-type"),
        Some("application/problem+json")
    );
    answer
}

#[tokio::test]
async fn a_body_of_the_right_shape_is_read() {
    let body = r#"{"text":"hi","parts":[{"kind":"text"}],"extra":{"a":[1]}}"#;
    assert_eq!(send(&router(), post("/", body)).await.status, 200);
}

#[tokio::test]
async fn the_member_at_fault_is_named() {
    for (body, pointer) in [
        (r#"{"text":5}"#, "/text"),
        (r#"{"text":"x","count":-1}"#, "/count"),
        (r#"{"text":"x","count":1.5}"#, "/count"),
        (
            r#"{"text":"x","parts":[{"kind":"text"},{"kind":"nope"}]}"#,
            "/parts/1/kind",
        ),
        (r#"{"text":"x","parts":[{}]}"#, "/parts/0/kind"),
        (r#"{"text":"x","parts":{}}"#, "/parts"),
        (r#"{"text":"x","labels":{"a/b~c":"no"}}"#, "/labels/a~1b~0c"),
        (r#"{"text":"x","surprise":1}"#, "/surprise"),
        (r#"{"text":"x","text":"y"}"#, "/text"),
        ("{}", "/text"),
        ("[]", ""),
        ("null", ""),
        ("\"x\"", ""),
    ] {
        let answer = refused(body).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code()),
            (400, "invalid_input"),
            "{body}"
        );
        assert_eq!(answer.pointer(), pointer, "{body}: {}", answer.body);
    }
}

#[tokio::test]
async fn a_wrong_type_reads_like_this() {
    let answer = refused(r#"{"text":"x","parts":[{"kind":"image"}]}"#).await;
    insta::assert_json_snapshot!(answer.body, @r#"
    {
      "code": "invalid_input",
      "detail": "unknown variant `image`, expected `text`",
      "error": "unknown variant `image`, expected `text`",
      "errors": [
        {
          "detail": "unknown variant `image`, expected `text`",
          "pointer": "/parts/0/kind"
        }
      ],
      "status": 400,
      "title": "Invalid input",
      "trace_id": "01900000-0000-7000-8000-000000000001",
      "type": "https://clasper.dev/problems/invalid_input"
    }
    "#);
}

#[tokio::test]
async fn malformed_json_is_named_by_line_and_column() {
    let answer = refused("{\n  \"text\": oops\n}").await;
    insta::assert_json_snapshot!(answer.body, @r#"
    {
      "code": "malformed_json",
      "column": 11,
      "detail": "the body is not JSON: expected value, at line 2 column 11",
      "error": "the body is not JSON: expected value, at line 2 column 11",
      "line": 2,
      "status": 400,
      "title": "Invalid input",
      "trace_id": "01900000-0000-7000-8000-000000000001",
      "type": "https://clasper.dev/problems/malformed_json"
    }
    "#);
}

#[tokio::test]
async fn what_is_not_one_json_text_is_refused() {
    for body in [
        "",
        "{",
        "{\"text\":\"x\"",
        "{\"text\":\"x\"} extra",
        "{\"text\":\"\\ud800\"}",
        "{\"text\":\"a\nb\"}",
        "\u{feff}{}",
    ] {
        let answer = refused(body).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code()),
            (400, "malformed_json"),
            "{body:?}"
        );
    }
}

#[tokio::test]
async fn a_body_that_is_not_utf_8_is_refused() {
    let answer = refused(b"{\"text\":\"\xff\xfe\"}".to_vec()).await;
    assert_eq!(
        (answer.status.as_u16(), answer.code()),
        (400, "invalid_utf8")
    );
    assert!(
        answer.body["detail"]
            .as_str()
            .is_some_and(|detail| detail.contains("byte 9"))
    );
}

#[tokio::test]
async fn a_nul_character_is_refused() {
    let answer = refused(r#"{"text":"a\u0000b"}"#).await;
    assert_eq!(
        (answer.status.as_u16(), answer.code()),
        (400, "invalid_character")
    );
}

#[tokio::test]
async fn deep_nesting_is_refused_without_exhausting_the_stack() {
    let depth = 100_000;
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let nested = format!("{}1{}", open.repeat(depth), close.repeat(depth));
        let answer = refused(format!(r#"{{"text":"x","extra":{nested}}}"#)).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code()),
            (400, "malformed_json")
        );
    }
}

#[tokio::test]
async fn a_megabyte_of_one_member_is_not_sent_back() {
    let answer = refused(format!(
        r#"{{"text":"x","count":"{}"}}"#,
        "y".repeat(1_000_000)
    ))
    .await;
    assert_eq!(answer.pointer(), "/count");
    assert!(answer.body.to_string().len() < 2_000);
}

#[tokio::test]
async fn a_body_one_byte_over_the_limit_is_refused() {
    let limit = 1024 * 1024;
    let frame = r#"{"text":""}"#.len();
    let body = |size: usize| format!(r#"{{"text":"{}"}}"#, "x".repeat(size - frame));
    assert_eq!(send(&router(), post("/", body(limit))).await.status, 200);
    let announced = refused(body(limit + 1)).await;
    assert_eq!(
        (announced.status.as_u16(), announced.code()),
        (413, "too_large")
    );

    let chunks = futures::stream::iter(vec![Ok::<_, std::io::Error>(body(limit + 1))]);
    let unannounced = refused(Body::from_stream(chunks)).await;
    assert_eq!(
        (unannounced.status.as_u16(), unannounced.code()),
        (413, "too_large")
    );
    insta::assert_json_snapshot!(unannounced.body["detail"], @r#""the body is larger than the limit of 1048576 bytes""#);
}

#[tokio::test]
async fn an_announced_length_over_the_limit_is_refused_before_reading() {
    let request = Request::post("/")
        .header("content-type", "application/json")
        .header("content-length", "99999999999")
        .body(Body::empty())
        .expect("a valid request");
    assert_eq!(send(&router(), request).await.status, 413);
}

#[tokio::test]
async fn another_content_type_is_refused() {
    for content_type in [
        None,
        Some("text/plain"),
        Some("application/x-www-form-urlencoded"),
    ] {
        let mut request = Request::post("/");
        if let Some(value) = content_type {
            request = request.header("content-type", value);
        }
        let request = request.body(Body::from("{}")).expect("a valid request");
        let answer = send(&router(), request).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code()),
            (415, "unsupported_media_type")
        );
    }
}

#[tokio::test]
async fn a_body_that_breaks_off_is_refused() {
    let chunks = futures::stream::iter(vec![
        Ok("{\"text\":"),
        Err(std::io::Error::other("connection reset")),
    ]);
    let answer = refused(Body::from_stream(chunks)).await;
    assert_eq!(
        (answer.status.as_u16(), answer.code()),
        (400, "incomplete_body")
    );
}
