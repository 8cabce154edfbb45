//! `/redaction/config`, `/redaction/preview`, `/traces/{id}/original`; and what happens when redaction fails.

use axum::body::Body;
use axum::http::Method;
use clasper_redaction::{Detector, Entity, Redactor};
use serde_json::{Value, json};

use crate::agents::message;
use crate::app::{ACME, AGENT, Answer, App, MANAGER, OPERATOR};
use crate::governed::{ask, exec, govern};

const CONFIG: &str = "/redaction/config";
const PREVIEW: &str = "/redaction/preview";

async fn put(app: &App, config: Value, revision: Option<i64>) -> Answer {
    let body = json!({"config": config, "expected_revision": revision});
    app.call(
        Method::PUT,
        CONFIG,
        &[MANAGER],
        Body::from(body.to_string()),
    )
    .await
}

async fn preview(app: &App, body: Value) -> Answer {
    app.post(PREVIEW, &[OPERATOR], body.to_string()).await
}

async fn send(app: &App, text: &str) -> Answer {
    let mut body = message();
    body["message"] = json!(text);
    app.post("/api/agents/send", &[ACME], body.to_string())
        .await
}

#[tokio::test]
async fn a_preview_says_what_is_found_at_which_characters() {
    let app = App::new();
    let text = "Zoë: bob@example.com, 4111 1111 1111 1111";
    let seen = preview(&app, json!({"text": text})).await;
    assert_eq!(seen.status, 200, "{}", seen.text);
    assert_eq!(
        seen.body,
        json!({
            "redacted": "Zoë: [EMAIL], [CREDIT_CARD]",
            "findings": [
                {"entity": "EMAIL", "start": 5, "end": 20},
                {"entity": "CREDIT_CARD", "start": 22, "end": 41}
            ]
        })
    );
    for (strategy, written) in [
        ("tokenise", "⟦EMAIL_1⟧"),
        ("tokenize", "⟦EMAIL_1⟧"),
        ("drop", ""),
    ] {
        let body = json!({"text": "bob@example.com", "strategy": strategy});
        assert_eq!(preview(&app, body).await.body["redacted"], written);
    }
    let hashed = preview(&app, json!({"text": "bob@example.com", "strategy": "hash"})).await;
    let hashed = hashed.body["redacted"].as_str().expect("text").to_owned();
    assert!(hashed.starts_with("[EMAIL#"), "{hashed}");
    let wrong = preview(&app, json!({"text": "x", "strategy": "shred"})).await;
    assert_eq!((wrong.refusal().0, wrong.refusal().2), (400, "/strategy"));
    let long = preview(&app, json!({"text": "x".repeat(1024 * 1024 + 1)})).await;
    assert!(long.status == 413 || long.status == 400, "{}", long.text);
    let agent = app.post(PREVIEW, &[AGENT], r#"{"text": "x"}"#).await;
    assert_eq!(agent.refusal().1, "permission_denied");
    assert!(app.memory.state().log.is_empty(), "nothing of it is kept");
}

#[tokio::test]
async fn a_configuration_counts_at_once_and_is_versioned_and_audited() {
    let app = App::new();
    let none = app.get(CONFIG, &[OPERATOR]).await;
    assert_eq!(none.body["revision"], 0, "{}", none.text);
    let own = json!({
        "pii": {"patterns": ["EMAIL"], "strategies": {"EMAIL": "hash"}},
        "custom": [{"name": "TICKET", "pattern": "T-[0-9]{4}"}]
    });
    // The preview has just looked: a change of this very process counts at once all the same.
    preview(&app, json!({"text": "x"})).await;
    let saved = put(&app, own, Some(0)).await;
    assert_eq!(
        (saved.status.as_u16(), &saved.body["revision"]),
        (200, &json!(1))
    );
    let text = json!({"text": "T-1234 bob@example.com 10.0.0.1"});
    let seen = preview(&app, text).await;
    let redacted = seen.body["redacted"].as_str().expect("text");
    assert!(redacted.starts_with("[TICKET] [EMAIL#"), "{redacted}");
    assert!(redacted.ends_with("10.0.0.1"), "{redacted}");
    let yaml = "pii: { strategy: drop }\nprovider: redact\n";
    let again = put(&app, json!(yaml), Some(0)).await;
    assert_eq!(again.refusal().1, "redaction_changed", "{}", again.text);
    let again = put(&app, json!(yaml), Some(1)).await;
    assert_eq!(again.body["revision"], 2, "{}", again.text);
    let read = app.get(CONFIG, &[OPERATOR]).await;
    assert_eq!(read.body, again.body);
    assert_eq!(read.body["config"]["provider"], "redact");
    let log = &app.memory.state().log;
    let events: Vec<_> = log.iter().map(|said| said.entry.event.name()).collect();
    assert_eq!(events, ["redaction_changed", "redaction_changed"]);
    assert!(
        !log[0].entry.detail.as_str().contains("T-["),
        "patterns may hold what they look for"
    );
}

#[tokio::test]
async fn what_does_not_compile_is_refused_with_a_pointer_and_who_may_not_change_it_too() {
    let app = App::new();
    for (config, pointer) in [
        (
            json!({"pii": {"patterns": ["EMAIL", "SHOE_SIZE"]}}),
            "/config/pii/patterns/1",
        ),
        (
            json!({"custom": [{"name": "X", "pattern": "("}]}),
            "/config/custom/0/pattern",
        ),
        (
            json!({"custom": [{"name": "X", "pattern": "(a{900}){900}"}]}),
            "/config/custom/0/pattern",
        ),
        (
            json!({"pii": {"strategy": "shred"}}),
            "/config/pii/strategy",
        ),
        (json!({"provider": "sometimes"}), "/config/provider"),
        (json!({"colour": "red"}), "/config/colour"),
        (json!("a: [b"), "/config"),
    ] {
        let refused = put(&app, config.clone(), None).await;
        let (status, code, at) = refused.refusal();
        assert_eq!(
            (status, code),
            (400, "invalid_redaction"),
            "{config}: {}",
            refused.text
        );
        assert!(pointer.starts_with(at) || at == pointer, "{config}: {at}");
    }
    let body = r#"{"config": {}}"#;
    let operator = app
        .call(Method::PUT, CONFIG, &[OPERATOR], Body::from(body))
        .await;
    assert_eq!(operator.refusal().1, "permission_denied");
    assert!(app.memory.state().redaction.is_none());
    assert!(app.memory.state().log.is_empty());
}

#[tokio::test]
async fn the_values_of_a_trace_are_read_by_who_may_and_the_log_says_so() {
    let app = App::new();
    put(&app, json!({"provider": "tokenise"}), None).await;
    let answer = send(&app, "Mail bob@example.com").await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let id = answer.body["trace_id"].as_str().expect("an id");
    let trace = app.get(&format!("/traces/{id}"), &[OPERATOR]).await;
    assert_eq!(
        trace.body["trace"]["input"]["message"], "Mail ⟦EMAIL_1⟧",
        "{}",
        trace.text
    );
    let uri = format!("/traces/{id}/original");
    let before = app.memory.state().log.len();
    let refused = app.get(&uri, &[MANAGER]).await;
    assert_eq!(refused.refusal().1, "permission_denied");
    assert_eq!(app.memory.state().log.len(), before);
    let original = app.get(&uri, &[ACME]).await;
    assert_eq!(
        original.body["input_message"], "Mail bob@example.com",
        "{}",
        original.text
    );
    assert_eq!(original.body["values"], json!({"EMAIL": 1}));
    let log = &app.memory.state().log;
    let last = log.last().expect("an entry");
    assert_eq!(last.entry.event.name(), "raw_text_read");
    assert_eq!(
        last.entry.target.as_deref(),
        Some(format!("trace:{id}").as_str())
    );
    assert!(!last.entry.detail.as_str().contains("bob"));
}

#[tokio::test]
async fn a_trace_without_tokens_has_nothing_to_show() {
    let app = App::new();
    let answer = send(&app, "Mail bob@example.com").await;
    let id = answer.body["trace_id"].as_str().expect("an id");
    let nothing = app.get(&format!("/traces/{id}/original"), &[ACME]).await;
    assert_eq!(nothing.refusal().1, "nothing_kept");
}

/// Breaks when it sees the word.
#[derive(Debug)]
pub struct Broken;

impl Detector for Broken {
    fn entity(&self) -> Entity {
        Entity::Secret
    }

    fn max_length(&self) -> usize {
        16
    }

    fn length(&self, _: &str, text: &str) -> Option<usize> {
        assert!(!text.starts_with("Hildegard"), "a rule that is wrong");
        None
    }
}

#[tokio::test]
async fn a_message_that_cannot_be_redacted_is_answered_503_and_its_outcome_is_recorded() {
    let app = App::redacting(Redactor::standard().with_detector(Broken));
    let answer = send(&app, "dear Hildegard").await;
    assert_eq!(answer.refusal().0, 503, "{}", answer.text);
    assert_eq!(answer.refusal().1, "redaction_failed");
    let id = answer.header("x-trace-id").expect("a trace").to_owned();
    let trace = app.get(&format!("/traces/{id}"), &[OPERATOR]).await;
    assert_eq!(trace.body["trace"]["status"], "failed", "{}", trace.text);
    assert_eq!(trace.body["trace"]["error"], "redaction_failed");
    let budget = app.get("/budget/holds", &[OPERATOR]).await;
    assert!(!budget.text.contains("execution_id"), "{}", budget.text);
    let stream = app
        .post("/api/agents/stream", &[ACME], {
            let mut body = message();
            body["message"] = json!("dear Hildegard");
            body.to_string()
        })
        .await;
    assert!(
        stream.text.contains(r#""code":"redaction_failed""#),
        "{}",
        stream.text
    );
    assert!(!stream.text.contains("Hildegard"));
    let state = app.memory.state();
    assert!(state.open.is_empty(), "nothing is held");
    let said = state.log.iter().map(|logged| logged.entry.detail.as_str());
    assert!(said.into_iter().all(|detail| !detail.contains("Hildegard")));
    assert_eq!(state.traces.len(), 2);
}

#[tokio::test]
async fn an_execution_that_cannot_be_redacted_is_refused_and_may_be_asked_for_again() {
    let app = govern(App::redacting(Redactor::standard().with_detector(Broken))).await;
    let refused = ask(&app, &exec("run-1", &["echo", "Hildegard"])).await;
    assert_eq!(refused.refusal().0, 503, "{}", refused.text);
    assert_eq!(refused.refusal().1, "redaction_failed");
    let decisions = app.get("/ops/api/decisions", &[ACME]).await;
    assert!(
        decisions.text.contains("redaction_failed"),
        "{}",
        decisions.text
    );
    assert!(!decisions.text.contains("Hildegard"));
    let again = ask(&app, &exec("run-1", &["echo", "one"])).await;
    assert_eq!(again.body["allowed"], true, "{}", again.text);
}
