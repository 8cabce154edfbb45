//! `/ops/api/exports`, as far as it goes without a worker.

use axum::body::Body;
use axum::http::Method;
use serde_json::json;

use crate::app::{AGENT, App, OPERATOR};
use crate::governed::OTHER;

const EXPORTS: &str = "/ops/api/exports";

#[tokio::test]
async fn an_export_is_asked_for_read_listed_and_called_off() {
    let app = App::new();
    let body =
        json!({"workspace_id": "support", "start_date": "2026-11-01", "end_date": "2026-11-01"});
    let asked = app.post(EXPORTS, &[OPERATOR], body.to_string()).await;
    assert_eq!(asked.status, 202, "{}", asked.text);
    assert_eq!(asked.body["state"], "queued");
    let scope = &asked.body["scope"];
    assert_eq!(scope["workspace_id"], "support");
    assert_eq!(scope["start_date"], "2026-11-01T00:00:00.000Z");
    assert_eq!(scope["end_date"], "2026-11-01T23:59:59.999Z");
    let uri = format!(
        "{EXPORTS}/{}",
        asked.body["export_id"].as_str().expect("an id")
    );
    assert_eq!(app.get(&uri, &[OPERATOR]).await.body, asked.body);
    let listed = app.get(EXPORTS, &[OPERATOR]).await;
    assert_eq!(listed.body["exports"], json!([asked.body]));
    let early = app.get(&format!("{uri}/download"), &[OPERATOR]).await;
    assert_eq!(early.refusal(), (409, "export_not_ready", "none"));
    let off = |header| app.call(Method::DELETE, &uri, header, Body::empty());
    assert_eq!(off(&[OTHER]).await.refusal().0, 404);
    assert_eq!(off(&[OPERATOR]).await.status, 204);
    assert_eq!(
        off(&[OPERATOR]).await.refusal(),
        (409, "export_over", "none")
    );
    let gone = app.get(&format!("{uri}/download"), &[OPERATOR]).await;
    assert_eq!(gone.refusal(), (409, "export_gone", "none"));
    let audit = app.get("/audit", &[OPERATOR]).await;
    assert!(audit.text.contains("export_requested") && audit.text.contains("export_cancelled"));
}

#[tokio::test]
async fn what_makes_no_sense_or_is_not_theirs_is_refused() {
    let app = App::new();
    for (body, pointer) in [
        (
            json!({"start_date": "2026-11-02", "end_date": "2026-11-01"}),
            "/end_date",
        ),
        (json!({"start_date": "yesterday"}), "/start_date"),
        (json!({"trace_id": "../x"}), "/trace_id"),
        (json!({"since": "2026-11-01"}), "/since"),
    ] {
        let answer = app.post(EXPORTS, &[OPERATOR], body.to_string()).await;
        let (status, _, at) = answer.refusal();
        assert_eq!((status, at), (400, pointer), "{body}: {}", answer.text);
    }
    let refused = app.post(EXPORTS, &[AGENT], "{}").await;
    assert_eq!(refused.refusal(), (403, "permission_denied", "none"));
    for n in 0..9 {
        let asked = app.post(EXPORTS, &[OPERATOR], "{}").await;
        assert_eq!(asked.status, if n < 8 { 202 } else { 409 }, "{n}");
    }
    assert_eq!(app.get(EXPORTS, &[OTHER]).await.body["exports"], json!([]));
}
