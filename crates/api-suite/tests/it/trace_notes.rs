//! Labels, annotations, links, totals and comparisons of traces.

use serde_json::json;

use crate::agents::message;
use crate::app::{ACME, AGENT, App, DAEMON, OPERATOR};

/// An id of a trace that does not exist.
const NONE: &str = "0190c7a2-5b1e-7c3a-9f00-2b6d5a1e4c11";

async fn sent(app: &App) -> String {
    let body = message().to_string();
    let answer = app.post("/api/agents/send", &[ACME], body).await;
    let id = answer.body["trace_id"].as_str().expect("a trace");
    id.to_owned()
}

#[tokio::test]
async fn labels_are_merged_and_taken_away() {
    let app = App::new();
    let id = sent(&app).await;
    let uri = format!("/traces/{id}/label");
    let body = json!({"labels": {"env": "prod", "a.b": "1"}}).to_string();
    let answer = app.post(&uri, &[OPERATOR], body).await;
    assert_eq!(
        answer.body,
        json!({"labels": {"a.b": "1", "env": "prod"}, "status": "ok", "trace_id": id})
    );
    let body = json!({"labels": {"a.b": null, "x": ""}}).to_string();
    let answer = app.post(&uri, &[OPERATOR], body).await;
    assert_eq!(answer.body["labels"], json!({"env": "prod", "x": ""}));
    let trace = app.get(&format!("/traces/{id}"), &[ACME]).await;
    assert_eq!(trace.body["trace"]["labels"], answer.body["labels"]);
    let by_label = async |query: &str| {
        let answer = app.get(&format!("/traces/by-label?{query}"), &[ACME]).await;
        (answer.status.as_u16(), answer.body["count"].clone())
    };
    assert_eq!(by_label("label_key=env").await, (200, json!(1)));
    assert_eq!(
        by_label("label_key=env&label_value=prod").await,
        (200, json!(1))
    );
    assert_eq!(
        by_label("label_key=env&label_value=test").await,
        (200, json!(0))
    );
    // The reference spliced the key into a JSON path and answered 500 to these.
    assert_eq!(by_label("label_key=a%22%27%5B.%25").await.0, 200);
    assert_eq!(by_label("label_value=prod").await.0, 400);
}

#[tokio::test]
async fn an_annotation_names_who_wrote_it_whoever_is_said_to() {
    let app = App::new();
    let id = sent(&app).await;
    let uri = format!("/traces/{id}/annotate");
    let body = json!({"key": "incident", "value": "twice", "created_by": "dana"}).to_string();
    let answer = app.post(&uri, &[OPERATOR], body).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    let said = &answer.body["annotation"];
    assert_eq!(said["created_by"], "dana");
    assert_ne!(said["actor"], "dana");
    let body = json!({"key": "note", "value": "later"}).to_string();
    let second = app.post(&uri, &[OPERATOR], body).await.body["annotation"].clone();
    assert_eq!(second["created_by"], second["actor"]);
    let uri = format!("/traces/{id}/annotations");
    let page = app.get(&format!("{uri}?limit=1"), &[ACME]).await.body;
    assert_eq!(page["annotations"], json!([said]));
    let cursor = page["next_cursor"].as_str().expect("a cursor");
    let page = app.get(&format!("{uri}?cursor={cursor}"), &[ACME]).await;
    assert_eq!(page.body["annotations"], json!([second]));
    assert_eq!(page.body["next_cursor"], json!(null));
}

#[tokio::test]
async fn bad_labels_and_annotations_are_refused_by_member_and_write_nothing() {
    let app = App::new();
    let id = sent(&app).await;
    let before = app.memory.state().log.len();
    let long = "x".repeat(501);
    let many: serde_json::Map<_, _> = (0..65).map(|n| (n.to_string(), json!("v"))).collect();
    for (what, body, refusal) in [
        ("label", json!({}), (400, "invalid_input", "/labels")),
        (
            "label",
            json!({"labels": {}}),
            (400, "invalid_input", "/labels"),
        ),
        (
            "label",
            json!({"labels": {"a": 1}}),
            (400, "invalid_input", "/labels/a"),
        ),
        (
            "label",
            json!({"labels": {"a/b": long}}),
            (400, "invalid_input", "/labels/a~1b"),
        ),
        (
            "label",
            json!({"labels": many}),
            (409, "too_many_labels", "/labels"),
        ),
        (
            "annotate",
            json!({"key": "", "value": "v"}),
            (400, "invalid_input", "/key"),
        ),
        (
            "annotate",
            json!({"key": "k", "value": ""}),
            (400, "invalid_input", "/value"),
        ),
        (
            "annotate",
            json!({"key": "k", "value": "v", "created_by": ""}),
            (400, "invalid_input", "/created_by"),
        ),
        (
            "annotate",
            json!({"key": "k", "value": "v", "by": "x"}),
            (400, "invalid_input", "/by"),
        ),
    ] {
        let uri = format!("/traces/{id}/{what}");
        let answer = app.post(&uri, &[OPERATOR], body.to_string()).await;
        assert_eq!(answer.refusal(), refusal, "{body}: {}", answer.text);
    }
    assert_eq!(app.memory.state().log.len(), before);
}

#[tokio::test]
async fn traces_of_others_cannot_be_labelled_annotated_or_compared() {
    let app = App::new();
    let id = sent(&app).await;
    let label = json!({"tenant_id": "other", "labels": {"a": "b"}});
    let remark = json!({"tenant_id": "other", "key": "k", "value": "v"});
    let diff = json!({"tenant_id": "other", "base_trace_id": id, "compare_trace_id": id});
    for (uri, body) in [
        (format!("/traces/{id}/label"), label),
        (format!("/traces/{id}/annotate"), remark),
        ("/traces/diff".to_owned(), diff),
    ] {
        let answer = app.post(&uri, &[DAEMON], body.to_string()).await;
        assert_eq!(answer.refusal(), (404, "trace_not_found", "none"), "{uri}");
    }
    let uri = format!("/traces/{id}/annotations?tenant_id=other");
    let answer = app.get(&uri, &[DAEMON]).await;
    assert_eq!(answer.refusal(), (404, "trace_not_found", "none"));
}

#[tokio::test]
async fn each_route_needs_its_permission() {
    let app = App::new();
    let id = sent(&app).await;
    for uri in [
        "/traces/stats".to_owned(),
        "/traces/by-label?label_key=a".to_owned(),
        "/traces/by-entity?task_id=a".to_owned(),
        format!("/traces/{id}/annotations"),
    ] {
        let answer = app.get(&uri, &[AGENT]).await;
        assert_eq!(answer.refusal().0, 403, "{uri}");
    }
    let label = json!({"labels": {"a": "b"}}).to_string();
    let uri = format!("/traces/{id}/label");
    let answer = app.post(&uri, &[AGENT], label).await;
    assert_eq!(answer.refusal().1, "permission_denied");
    let diff = json!({"base_trace_id": id, "compare_trace_id": id}).to_string();
    let answer = app.post("/traces/diff", &[AGENT], diff).await;
    assert_eq!(answer.refusal().1, "permission_denied");
}

#[tokio::test]
async fn traces_are_found_by_their_task() {
    let app = App::new();
    let id = sent(&app).await;
    let answer = app.get("/traces/by-entity?task_id=task-1", &[ACME]).await;
    assert_eq!(answer.body["traces"][0]["id"], id);
    assert_eq!(
        (&answer.body["entity_type"], &answer.body["entity_id"]),
        (&json!("task"), &json!("task-1"))
    );
    let answer = app.get("/traces/by-entity?document_id=task-1", &[ACME]);
    assert_eq!(answer.await.body["count"], 0);
    let answer = app.get("/traces/by-entity", &[ACME]).await;
    assert_eq!(answer.refusal(), (400, "invalid_input", "/query/task_id"));
}

#[tokio::test]
async fn totals_count_every_trace_of_the_range() {
    let app = App::new();
    sent(&app).await;
    sent(&app).await;
    let stats = app.get("/traces/stats", &[ACME]).await.body["stats"].clone();
    assert_eq!(
        (
            &stats["total_traces"],
            &stats["total_tokens"],
            &stats["error_rate"]
        ),
        (&json!(2), &json!(30), &json!(0.0))
    );
    let uri = "/traces/stats?end_date=2026-11-19";
    let stats = app.get(uri, &[ACME]).await.body["stats"].clone();
    assert_eq!(
        (&stats["total_traces"], &stats["avg_duration_ms"]),
        (&json!(0), &json!(0.0))
    );
    let bad = app.get("/traces/stats?start_date=soon", &[ACME]).await;
    assert_eq!(bad.refusal().2, "/query/start_date");
}

#[tokio::test]
async fn two_traces_are_compared_and_a_missing_one_is_named() {
    let app = App::new();
    let (base, other) = (sent(&app).await, sent(&app).await);
    let body = |base: &str, other: &str| {
        json!({"base_trace_id": base, "compare_trace_id": other}).to_string()
    };
    let answer = app.post("/traces/diff", &[ACME], body(&base, &other)).await;
    let diff = &answer.body["diff"];
    assert_eq!(diff["first_divergence"], json!(null), "{}", answer.text);
    assert_eq!(diff["summary"]["significant_changes"], json!([]));
    assert_eq!(diff["steps"]["same_count"], 1);
    let text = answer.body["summary_text"].as_str().expect("words");
    assert!(text.contains("Every step does the same."), "{text}");
    let answer = app.post("/traces/diff", &[ACME], body(&base, NONE)).await;
    assert_eq!(answer.refusal(), (404, "trace_not_found", "none"));
    let detail = answer.body["detail"].as_str().expect("a detail");
    assert!(detail.contains(NONE), "{detail}");
}

#[tokio::test]
async fn traces_are_listed_by_how_they_ended() {
    let app = App::new();
    sent(&app).await;
    for (status, count) in [("completed", 1), ("failed", 0)] {
        let uri = format!("/traces?status={status}");
        let answer = app.get(&uri, &[ACME]).await;
        let traces = answer.body["traces"].as_array().map(Vec::len);
        assert_eq!(traces, Some(count), "{status}: {}", answer.text);
    }
    let bad = app.get("/traces?status=great", &[ACME]).await;
    assert_eq!(bad.refusal(), (400, "invalid_input", "/query/status"));
}

#[tokio::test]
async fn what_a_run_would_be_run_again_with_says_what_is_missing() {
    let app = App::new();
    let id = sent(&app).await;
    let answer = app.get(&format!("/traces/{id}/replay"), &[ACME]).await;
    let context = &answer.body;
    assert_eq!(
        (
            &context["trace_id"],
            &context["model"],
            &context["replayable"]
        ),
        (&json!(id), &json!("echo"), &json!(false)),
        "{}",
        answer.text
    );
    assert_eq!(context["input"]["message"], "Hi");
    assert_eq!(
        context["missing"],
        json!(["model_responses", "workspace_files"])
    );
    let other = format!("/traces/{id}/replay?tenant_id=other");
    let answer = app.get(&other, &[DAEMON]).await;
    assert_eq!(answer.refusal(), (404, "trace_not_found", "none"));
    let answer = app.get(&format!("/traces/{id}/replay"), &[AGENT]).await;
    assert_eq!(answer.refusal(), (403, "permission_denied", "none"));
}
