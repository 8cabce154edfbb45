//! Reports that the real server refuses.

use anyhow::Result;
use serde_json::{Value, json};

use crate::reporter::{World, cost, refusal, trace, uuid, world};

#[tokio::test(flavor = "multi_thread")]
async fn bad_reports_are_the_clients_fault_and_leave_nothing_behind() -> Result<()> {
    let world = world(&[]).await?;
    let World { server, people, .. } = &world;
    let before = server.verify()?;
    let with = |mut body: Value, pointer: &str, value: Value| {
        *body.pointer_mut(pointer).expect("a member") = value;
        body
    };
    let good = || trace("run-1", 1);
    for (kind, body, expected) in [
        (
            "cost",
            cost("run-1", &json!(-0.01)),
            (400, "invalid_input", "/cost_usd"),
        ),
        (
            "cost",
            cost("run-1", &json!("a lot")),
            (400, "invalid_input", "/cost_usd"),
        ),
        (
            "cost",
            cost("run-1", &json!(1e30)),
            (400, "invalid_input", "/cost_usd"),
        ),
        (
            "cost",
            with(cost("r", &json!(1)), "/trace_id", json!("x")),
            (400, "invalid_input", "/trace_id"),
        ),
        (
            "cost",
            with(cost("r", &json!(1)), "/workspace_id", json!("elsewhere")),
            (403, "adapter_scope_mismatch", "/workspace_id"),
        ),
        (
            "cost",
            with(cost("r", &json!(1)), "/adapter_id", json!("neighbour")),
            (403, "adapter_scope_mismatch", "/adapter_id"),
        ),
        (
            "trace",
            with(good(), "/trace/id", json!(uuid(2))),
            (400, "trace_identity_mismatch", "/trace/id"),
        ),
        (
            "trace",
            with(good(), "/trace/tenantId", json!("other")),
            (403, "adapter_scope_mismatch", "/trace/tenantId"),
        ),
        (
            "trace",
            with(good(), "/trace/steps/1/type", json!("dance")),
            (400, "invalid_input", "/trace/steps/1/type"),
        ),
        (
            "trace",
            with(good(), "/trace/startedAt", json!("yesterday")),
            (400, "invalid_input", "/trace/startedAt"),
        ),
        (
            "audit",
            json!({"envelope_version": "v1"}),
            (400, "invalid_input", "/adapter_id"),
        ),
        (
            "audit",
            json!({"payload_type": "cost"}),
            (400, "invalid_input", "/envelope_version"),
        ),
        ("metrics", json!([]), (400, "invalid_input", "")),
    ] {
        let answer = people
            .with_token(&format!("/api/ingest/{kind}"), &body)
            .await?;
        assert_eq!(refusal(&answer), expected, "{kind} {body}: {answer:?}");
    }
    assert_eq!(server.verify()?, before);
    // The good one is not hindered by any of them.
    let (_, answer) = people.with_token("/api/ingest/trace", &good()).await?;
    assert_eq!(answer["status"], "ok", "{answer}");
    Ok(())
}
