//! What happened is in the log, without what should not be kept, and changes to the log show.

use axum::http::StatusCode;
use clasper_db::{Database, DatabaseOptions};
use sea_orm::ConnectionTrait;

use crate::support::{body, desk, get, post, refund};

#[tokio::test]
async fn decisions_and_outcomes_are_listed_newest_first() {
    let (desk, _folder) = desk("10").await;
    let (_, paid) = refund(&desk, "6").await;
    let (_, refused) = refund(&desk, "6").await;
    let (status, report) = get(&desk, "/audit").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(
        report["chain"],
        serde_json::json!({"whole": true, "entries": 5, "fault": null})
    );
    let events: Vec<_> = report["entries"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|e| &e["event"])
        .collect();
    assert_eq!(
        events,
        [
            "agent_execution_denied",
            "agent_execution_completed",
            "agent_execution_started",
            "budget_changed",
            "tenant_created"
        ]
    );
    assert_eq!(report["entries"][0]["trace_id"], refused["trace_id"]);
    assert_eq!(report["entries"][1]["trace_id"], paid["trace_id"]);
    assert_eq!(report["entries"][1]["actor"], "clerk:kim");
    desk.close().await;
}

#[tokio::test]
async fn a_changed_entry_breaks_the_chain() {
    let (desk, folder) = desk("10").await;
    refund(&desk, "6").await;
    let address = format!("sqlite://{}", folder.path().join("refunds.db").display());
    let other = Database::connect(&address, &DatabaseOptions::default())
        .await
        .expect("opens");
    let change = "UPDATE audit_entries SET actor = 'clerk:eve' WHERE seq = 3";
    other
        .writer()
        .execute_unprepared(change)
        .await
        .expect("is changed");
    other.close().await;

    let chain = desk.audit(10).await.expect("a log").chain;
    assert!(!chain.whole);
    assert_eq!(chain.entries, 2);
    assert!(
        chain
            .fault
            .expect("a fault")
            .contains("entry 3 was changed")
    );
    desk.close().await;
}

#[tokio::test]
async fn the_record_is_found_by_its_trace_and_holds_no_personal_data() {
    let (desk, _folder) = desk("10").await;
    let mut asked = body("6");
    asked["reason"] = "she wrote from anna@example.com".into();
    let (_, paid) = post(&desk, asked, None).await;
    let path = format!("/traces/{}", paid["trace_id"].as_str().expect("text"));
    let (status, trace) = get(&desk, &path).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(trace["status"], "completed");
    assert_eq!(
        trace["input_message"],
        "refund 6 USD of order 7: she wrote from [EMAIL]"
    );
    assert_eq!(trace["redactions"]["EMAIL"], 1);

    for unknown in ["/traces/0190c7a2-5b1e-7c3a-9f00-2b6d5a1e4c11", "/traces/x"] {
        assert_eq!(get(&desk, unknown).await.0, StatusCode::NOT_FOUND);
    }
    desk.close().await;
}
