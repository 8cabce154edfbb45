//! Reports have the shapes of the contract, and are the same however often they are sent.

use anyhow::Result;
use clasper_adapter::{Ask, Cost, Event, Fault, Metrics, Violation};
use serde_json::json;

use crate::world::{Seen, Server, allowing, reply};

#[tokio::test]
async fn a_report_is_sent_again_as_the_same_event() -> Result<()> {
    let server = Server::start(|n, seen: &Seen| match n {
        0 => reply(200, &allowing(seen)),
        1 => reply(503, &json!({})),
        2 => reply(200, &json!({"status": "duplicate"})),
        _ => reply(200, &json!({"status": "ok"})),
    })
    .await?;
    let adapter = server.adapter()?;
    let grant = adapter.acquire(Ask::new("exec")).await?;
    let reports = adapter.reports(&grant);
    let event = Event {
        event_type: "tool_execution_completed".to_owned(),
        message: None,
        event_data: Some(json!({"duration_ms": 12})),
    };
    assert!(
        !reports.event(&event).await?.is_new,
        "the server had it already"
    );
    let seen = server.seen();
    assert_eq!(seen[1].body, seen[2].body);
    assert_eq!(
        seen[2].body,
        json!({
            "tenant_id": "acme", "workspace_id": "main", "adapter_id": "builder-1", "execution_id": grant.execution_id,
            "trace_id": grant.trace_id, "event_id": seen[1].body["event_id"], "event_type": "tool_execution_completed",
            "event_data": {"duration_ms": 12}, "occurred_at": "2026-11-20T10:00:00.000Z",
        })
    );
    let metrics = Metrics {
        step_count: 1,
        duration_ms: 12,
    };
    assert!(reports.metrics(&metrics).await?.is_new);
    assert_ne!(server.seen()[3].body["event_id"], seen[2].body["event_id"]);
    Ok(())
}

#[tokio::test]
async fn every_kind_of_report_goes_to_its_own_door() -> Result<()> {
    let server = Server::start(|n, seen: &Seen| match n {
        0 => reply(200, &allowing(seen)),
        1 => reply(
            200,
            &json!({"status": "ok", "violations": [{"type": "cost_exceeded", "message": "0.05 of 0.01"}]}),
        ),
        _ => reply(200, &json!({"status": "ok", "violations": []})),
    })
    .await?;
    let adapter = server.adapter()?;
    let grant = adapter.acquire(Ask::new("exec")).await?;
    let reports = adapter.reports(&grant);
    let cost = Cost {
        cost_usd: "0.05".parse()?,
        input_tokens: Some(10),
        output_tokens: None,
        model: Some("m".to_owned()),
        provider: None,
    };
    let receipt = reports.cost(&cost).await?;
    assert_eq!(receipt.violations[0].kind, "cost_exceeded");
    let violation = Violation {
        violation_type: "path_outside_workspace".to_owned(),
        message: "/etc".to_owned(),
        data: None,
    };
    reports.violation(&violation).await?;
    reports
        .trace(&json!({"id": "forged", "tenantId": "globex", "steps": []}))
        .await?;
    let seen = server.seen();
    let paths: Vec<&str> = seen[1..].iter().map(|seen| seen.path.as_str()).collect();
    assert_eq!(
        paths,
        [
            "/api/ingest/cost",
            "/api/ingest/violations",
            "/api/ingest/trace"
        ]
    );
    assert_eq!(seen[1].body["cost_usd"], json!(0.05));
    assert_eq!(seen[1].body["recorded_at"], "2026-11-20T10:00:00.000Z");
    assert_eq!(seen[2].body["occurred_at"], "2026-11-20T10:00:00.000Z");
    let trace = &seen[3].body["trace"];
    let ids = [&trace["id"], &trace["tenantId"], &trace["workspaceId"]];
    assert_eq!(
        ids,
        [&json!(grant.trace_id), &json!("acme"), &json!("main")]
    );
    Ok(())
}

#[tokio::test]
async fn a_report_that_is_not_taken_says_so() -> Result<()> {
    let server = Server::start(|n, seen: &Seen| match n {
        0 => reply(200, &allowing(seen)),
        1 => reply(200, &json!({"status": "whatever"})),
        _ => reply(
            400,
            &json!({"code": "invalid", "detail": "the trace is not yours"}),
        ),
    })
    .await?;
    let adapter = server.adapter()?;
    let grant = adapter.acquire(Ask::new("exec")).await?;
    let reports = adapter.reports(&grant);
    let metrics = Metrics {
        step_count: 1,
        duration_ms: 1,
    };
    let odd = reports.metrics(&metrics).await;
    assert!(matches!(odd, Err(Fault::Unexpected(_))), "{odd:?}");
    let refused = reports.metrics(&metrics).await;
    assert!(
        matches!(refused, Err(Fault::Refused { status: 400, .. })),
        "{refused:?}"
    );
    Ok(())
}
