//! A tenant forgets traces on the real server, and the log still agrees with what is left.

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::reporter::{World, refusal, trace, uuid, world};

/// A trace that began long ago.
fn old(execution: &str, id: u32) -> Value {
    let mut body = trace(execution, id);
    for member in ["startedAt", "completedAt"] {
        body["trace"][member] = "2025-01-01T10:00:00.000Z".into();
    }
    body
}

#[tokio::test(flavor = "multi_thread")]
async fn traces_that_had_their_days_are_dropped_and_the_log_still_agrees() -> Result<()> {
    let world = world(&[]).await?;
    let World { server, people, .. } = &world;
    let first = old("run-1", 1);
    for body in [&first, &old("run-2", 2), &trace("run-3", 3)] {
        let answer = people.with_token("/api/ingest/trace", body).await?;
        assert_eq!(answer.1["status"], "ok", "{answer:?}");
    }
    let policy = json!({"tenant_id": "acme", "retention_days": 30});
    let (status, answer) = server.post("/retention/policy", &policy).await?;
    assert_eq!(status, 200, "{answer}");
    let (_, due) = server.get("/retention/stats").await?;
    let late = &due["tenants_needing_cleanup"][0];
    assert_eq!(late["old_trace_count"], 2, "{due}");
    let (_, done) = server.post("/retention/enforce", &json!({})).await?;
    assert_eq!(done["total_deleted"], 2, "{done}");
    let (_, list) = server.get("/traces?tenant_id=acme").await?;
    assert_eq!(
        (&list["total"], &list["traces"][0]["id"]),
        (&json!(1), &json!(uuid(3)))
    );
    let gone = server
        .get(&format!("/traces/{}?tenant_id=acme", uuid(1)))
        .await?;
    assert_eq!(refusal(&gone), (410, "trace_dropped", "none"));
    // What is known stays known: neither the same report nor another brings it back.
    let again = people.with_token("/api/ingest/trace", &first).await?;
    assert_eq!(again.1["status"], "duplicate", "{again:?}");
    let other = people
        .with_token("/api/ingest/trace", &old("run-9", 1))
        .await?;
    assert_eq!(other.0, 409, "{other:?}");
    let path = "/audit?tenant_id=acme&event_type=traces_dropped";
    let (_, log) = server.get(path).await?;
    let said = &log["entries"][0]["event_data"];
    let mut named: Vec<&str> = said["trace_ids"]
        .as_array()
        .context("ids")?
        .iter()
        .filter_map(Value::as_str)
        .collect();
    named.sort_unstable();
    assert_eq!(named, [uuid(1), uuid(2)]);
    assert_eq!(said["first_started_at"], "2025-01-01T10:00:00.000Z");
    server.verify()?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_sample_leaves_out_is_gone_from_the_start_and_still_paid_for() -> Result<()> {
    let world = world(&[]).await?;
    let World { server, people, .. } = &world;
    let policy = json!({
        "tenant_id": "acme", "sampling_strategy": "errors_only", "storage_mode": "summary"
    });
    server.post("/retention/policy", &policy).await?;
    let (status, sent) = server.send("acme", "Where is my parcel?").await?;
    assert_eq!(status, 200, "{sent}");
    let id = sent["trace_id"].as_str().context("a trace")?;
    let gone = server.get(&format!("/traces/{id}?tenant_id=acme")).await?;
    assert_eq!(refusal(&gone), (410, "trace_dropped", "none"));
    let mut failed = trace("run-1", 1);
    failed["trace"]["error"] = "it broke".into();
    let answer = people.with_token("/api/ingest/trace", &failed).await?;
    assert_eq!(answer.1["status"], "ok", "{answer:?}");
    let (_, kept) = server
        .get(&format!("/traces/{}?tenant_id=acme", uuid(1)))
        .await?;
    let kept = &kept["trace"];
    assert_eq!(kept["reduced"]["storage_mode"], "summary", "{kept}");
    assert_eq!(kept["input"]["message"], "");
    assert!(
        kept["steps"][0]["data"]["arguments"]["sha256"].is_string(),
        "{kept}"
    );
    let (_, totals) = server.get("/traces/stats?tenant_id=acme").await?;
    assert_eq!(totals["stats"]["total_traces"], 2, "{totals}");
    server.verify()?;
    Ok(())
}
