//! `GET /audit`

use serde_json::{Value, json};

use crate::app::{ACME, AGENT, App};

async fn with_entries(count: usize) -> App {
    let app = App::new();
    for n in 1..=count {
        let body = format!(r#"{{"budget_usd": {n}}}"#);
        app.post("/budget", &[ACME], body).await;
    }
    app
}

#[tokio::test]
async fn an_entry_shows_every_column_and_the_bytes_that_are_hashed() {
    let app = with_entries(1).await;
    let answer = app.get("/audit", &[ACME]).await;
    insta::assert_json_snapshot!(answer.body, {
        ".entries[].id" => "[id]",
        ".entries[].leaf_hash" => "[hash]",
    }, @r#"
    {
      "entries": [
        {
          "actor": "api_key:01900000-0000-7000-8000-000000000001",
          "created_at": "2026-11-20T10:00:00.000Z",
          "event_data": {},
          "event_type": "budget_changed",
          "id": "[id]",
          "leaf_hash": "[hash]",
          "prev_hash": null,
          "seq": 1,
          "target": "budget:acme",
          "tenant_id": "acme",
          "trace_id": "01900000-0000-7000-8000-000000000001",
          "user_id": null,
          "workspace_id": null
        }
      ],
      "has_more": false,
      "limit": 100,
      "next_cursor": null
    }
    "#);
    let state = app.memory.state();
    let detail = format!("\"event_data\":{},", state.log[0].entry.detail.as_str());
    assert!(answer.text.contains(&detail), "{}", answer.text);
    assert_eq!(
        answer.body["entries"][0]["leaf_hash"],
        state.log[0].leaf_hash.to_string()
    );
}

#[tokio::test]
async fn entries_are_listed_page_by_page_newest_first() {
    let app = with_entries(3).await;
    let first = app.get("/audit?limit=2", &[ACME]).await;
    assert_eq!(
        (&first.body["entries"][0]["seq"], &first.body["has_more"]),
        (&json!(3), &json!(true))
    );
    let cursor = first.body["next_cursor"].as_str().expect("a cursor");
    let second = app
        .get(&format!("/audit?limit=2&cursor={cursor}"), &[ACME])
        .await;
    let entries = second.body["entries"].as_array().expect("entries");
    assert_eq!((entries.len(), &entries[0]["seq"]), (1, &json!(1)));
    assert_eq!(
        (&second.body["has_more"], &second.body["next_cursor"]),
        (&json!(false), &json!(null))
    );
    let by_offset = app.get("/audit?offset=2", &[ACME]).await;
    assert_eq!(by_offset.body["entries"], second.body["entries"]);
}

#[tokio::test]
async fn entries_are_found_by_type_and_trace() {
    let app = with_entries(2).await;
    let by_type = app.get("/audit?event_type=budget_changed", &[ACME]).await;
    assert_eq!(by_type.body["entries"].as_array().map(Vec::len), Some(2));
    let none = app.get("/audit?event_type=tenant_created", &[ACME]).await;
    assert_eq!(none.body["entries"], json!([]));
    let trace = by_type.body["entries"][0]["trace_id"]
        .as_str()
        .expect("a trace");
    let by_trace = app.get(&format!("/audit?trace_id={trace}"), &[ACME]).await;
    assert_eq!(by_trace.body["entries"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn senseless_queries_are_refused_by_name() {
    let app = App::new();
    for (query, pointer) in [
        ("limit=1001", "/query/limit"),
        ("event_type=nonsense", "/query/event_type"),
        ("risk_level=nonsense", "/query/risk_level"),
        ("trace_id=nonsense", "/query/trace_id"),
        ("start_date=1", "/query/start_date"),
        ("cursor=x&offset=1", "/query/cursor"),
    ] {
        let answer = app.get(&format!("/audit?{query}"), &[ACME]).await;
        let (status, _, found) = answer.refusal();
        assert_eq!(status, 400, "{query}");
        assert!(
            found == pointer || found == "/query/offset",
            "{query}: {found}"
        );
    }
}

#[tokio::test]
async fn the_log_needs_its_permission_and_its_own_tenant() {
    let app = App::new();
    assert_eq!(
        app.get("/audit", &[AGENT]).await.refusal(),
        (403, "permission_denied", "none")
    );
    let other = app.get("/audit?tenant_id=other", &[ACME]).await;
    assert_eq!(other.refusal(), (404, "not_found", "none"));
}

#[tokio::test]
async fn entries_are_found_by_actor_and_target() {
    let app = with_entries(2).await;
    let actor = "api_key:01900000-0000-7000-8000-000000000001";
    for (query, found) in [
        (format!("actor={actor}"), 2),
        ("actor=nobody".to_owned(), 0),
        ("target=budget:acme".to_owned(), 2),
        ("target=budget:other".to_owned(), 0),
    ] {
        let answer = app.get(&format!("/audit?{query}"), &[ACME]).await;
        let entries = answer.body["entries"].as_array().map(Vec::len);
        assert_eq!(entries, Some(found), "{query}");
    }
}

#[tokio::test]
async fn a_log_of_many_pages_is_exported_whole_newest_first() {
    let app = with_entries(1203).await;
    let answer = app.get("/audit/export?format=jsonl", &[ACME]).await;
    assert_eq!(answer.header("content-type"), Some("application/x-ndjson"));
    let seqs: Vec<i64> = answer
        .text
        .lines()
        .map(|line| {
            serde_json::from_str::<Value>(line).expect("JSON")["seq"]
                .as_i64()
                .expect("a place")
        })
        .collect();
    assert_eq!(seqs, (1..=1203).rev().collect::<Vec<_>>());
    let csv = app
        .get("/audit/export?format=csv&target=budget:acme", &[ACME])
        .await;
    assert_eq!(csv.header("content-type"), Some("text/csv; charset=utf-8"));
    assert_eq!(csv.text.lines().count(), 1204);
    assert!(csv.text.starts_with("seq,occurred_at,event_type"));
    let ocsf = app
        .get(
            "/audit/export?format=ocsf&event_type=budget_changed",
            &[ACME],
        )
        .await;
    let first: Value =
        serde_json::from_str(ocsf.text.lines().next().expect("a line")).expect("JSON");
    assert_eq!(first["metadata"]["event_code"], "budget_changed");
    let empty = app
        .get("/audit/export?format=csv&actor=nobody", &[ACME])
        .await;
    assert_eq!(empty.text.lines().count(), 1);
}

#[tokio::test]
async fn an_export_is_refused_like_the_list() {
    let app = App::new();
    let refused = app.get("/audit/export?format=xml", &[ACME]).await;
    assert_eq!(refused.refusal(), (400, "invalid_input", "/query/format"));
    let agent = app.get("/audit/export?format=csv", &[AGENT]).await;
    assert_eq!(agent.refusal(), (403, "permission_denied", "none"));
    let other = app
        .get("/audit/export?format=csv&tenant_id=other", &[ACME])
        .await;
    assert_eq!(other.refusal(), (404, "not_found", "none"));
}
