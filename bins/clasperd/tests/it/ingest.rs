//! An adapter reports to the real server: as the gateway's plugin does, in batches, wrongly, and beyond its grant.

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::harness::nanos;
use crate::reporter::{World, ask, cost, now, refusal, report, trace, uuid, world};

#[tokio::test(flavor = "multi_thread")]
async fn the_plugin_reports_what_it_did_and_its_cost_is_settled() -> Result<()> {
    let world = world(&[]).await?;
    let World { server, people, .. } = &world;
    ask(people, "run-1", "0.5").await?;
    let audit = report(
        "run-1",
        1,
        &json!({
            "event_type": "tool_execution_completed", "message": "Tool \"exec\" executed successfully",
            "event_data": {"tool": "exec", "tool_group": null, "duration_ms": 192}, "occurred_at": now(),
        }),
    );
    let sent = [
        ("audit", audit),
        ("cost", cost("run-1", &json!(0.1))),
        ("trace", trace("run-1", 1)),
    ];
    for expected in ["ok", "duplicate"] {
        for (kind, body) in &sent {
            let answer = people
                .with_token(&format!("/api/ingest/{kind}"), body)
                .await?;
            assert_eq!(answer.0, 200, "{kind}: {answer:?}");
            assert_eq!(answer.1["status"], expected, "{kind}: {answer:?}");
        }
    }
    let (_, budget) = server.get("/budget?tenant_id=acme").await?;
    assert_eq!(
        nanos(&budget["budget"]["spentUsd"]),
        100_000_000,
        "{budget}"
    );
    let (_, holds) = server.get("/budget/holds?tenant_id=acme").await?;
    assert_eq!(holds["items"], json!([]), "{holds}");
    let (status, answer) = people.operator_get(&format!("/traces/{}", uuid(1))).await?;
    assert_eq!(status, 200, "{answer}");
    let shown = &answer["trace"];
    assert_eq!(shown["integrity_status"], "no_hashes");
    assert_eq!(shown["reported"]["trust_status"], "unverified");
    assert_eq!(shown["violations"], json!([]));
    assert_eq!(shown["granted_scope"]["max_cost"], json!(0.5));
    assert_eq!(shown["steps"].as_array().map(Vec::len), Some(2));
    server.verify()?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_stores_what_is_good_and_names_what_is_not() -> Result<()> {
    let world = world(&[]).await?;
    let World { server, people, .. } = &world;
    let typed = |kind: &str, mut body: Value| {
        body["type"] = kind.into();
        body
    };
    let mut foreign = typed("cost", cost("run-3", &json!("0.01")));
    foreign["tenant_id"] = "other".into();
    let mut misspelt = typed("audit", report("run-1", 1, &json!({"event_type": "x"})));
    misspelt["event_typo"] = 1.into();
    let events = json!([
        "not an object",
        typed(
            "audit",
            report(
                "run-1",
                1,
                &json!({"event_type": "started", "event_id": "e1"})
            )
        ),
        typed("cost", cost("run-2", &json!(-50))),
        foreign,
        misspelt,
        typed("trace", trace("run-1", 7)),
        report("run-1", 1, &json!({"event_type": "untyped"})),
        typed(
            "metrics",
            report(
                "run-1",
                1,
                &json!({"step_count": 0, "duration_ms": 1.5, "recorded_at": now()})
            )
        ),
    ]);
    let path = "/api/ingest/batch";
    let (status, answer) = people.with_token(path, &json!({"events": events})).await?;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(
        [&answer["stored"], &answer["duplicates"], &answer["refused"]],
        [3, 0, 5],
        "{answer}"
    );
    let results = answer["results"].as_array().context("results")?;
    assert_eq!(results[1]["event_id"], "e1");
    let problems: Vec<_> = results
        .iter()
        .filter(|result| result["status"] == "refused")
        .map(|result| {
            let problem = &result["problem"];
            let pointer = problem["errors"][0]["pointer"].as_str().unwrap_or("none");
            (problem["status"].as_u64().unwrap_or(0), pointer)
        })
        .collect();
    let expected = [
        (400, "/events/0"),
        (400, "/events/2/cost_usd"),
        (403, "/events/3/tenant_id"),
        (400, "/events/4/event_typo"),
        (400, "/events/6/type"),
    ];
    assert_eq!(problems, expected, "{answer}");
    // A list alone is as good, and what was stored is known again, also on its own route.
    let (_, again) = people.with_token(path, &events).await?;
    assert_eq!(
        [&again["stored"], &again["duplicates"], &again["refused"]],
        [0, 3, 5],
        "{again}"
    );
    let (_, single) = people
        .with_token("/api/ingest/trace", &trace_of(&events[5]))
        .await?;
    assert_eq!(single["status"], "duplicate", "{single}");
    let many = vec![json!({}); 1001];
    let answer = people.with_token(path, &json!({"events": many})).await?;
    assert_eq!(refusal(&answer), (400, "invalid_input", "/events"));
    server.verify()?;
    Ok(())
}

fn trace_of(event: &Value) -> Value {
    let mut event = event.clone();
    event.as_object_mut().map(|members| members.remove("type"));
    event
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_beyond_the_grant_is_answered_shown_and_charged() -> Result<()> {
    let world = world(&[]).await?;
    let World { server, people, .. } = &world;
    ask(people, "run-1", "0.05").await?;
    let (_, answer) = people
        .with_token("/api/ingest/cost", &cost("run-1", &json!("0.2")))
        .await?;
    assert_eq!(answer["violations"][0]["type"], "cost_exceeded", "{answer}");
    let (_, answer) = people
        .with_token("/api/ingest/trace", &trace("unasked", 1))
        .await?;
    assert_eq!(answer["violations"][0]["type"], "no_decision", "{answer}");
    let (_, answer) = people.operator_get(&format!("/traces/{}", uuid(1))).await?;
    let kinds: Vec<_> = answer["trace"]["violations"]
        .as_array()
        .context("violations")?
        .iter()
        .collect();
    assert_eq!(
        kinds.iter().map(|v| &v["type"]).collect::<Vec<_>>(),
        ["no_decision", "cost_exceeded"]
    );
    assert_eq!(answer["trace"]["decision_id"], Value::Null);
    let (_, audit) = people
        .operator_get("/audit?event_type=grant_violated")
        .await?;
    assert_eq!(
        audit["entries"].as_array().map(Vec::len),
        Some(2),
        "{audit}"
    );
    let (_, budget) = server.get("/budget?tenant_id=acme").await?;
    assert_eq!(
        nanos(&budget["budget"]["spentUsd"]),
        200_000_000,
        "{budget}"
    );
    server.verify()?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn unsigned_reports_are_refused_where_signatures_are_asked_for() -> Result<()> {
    let world = world(&[("CLASPER_TELEMETRY_SIGNATURE_MODE", "enforce")]).await?;
    let World { server, people, .. } = &world;
    let answer = people
        .with_token("/api/ingest/cost", &cost("run-1", &json!(0)))
        .await?;
    assert_eq!(refusal(&answer).1, "missing_key", "{answer:?}");
    let jwk =
        json!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"});
    let body = json!({"tenant_id": "acme", "adapter_id": "mallory", "key_alg": "ed25519", "public_jwk": jwk});
    let path = "/ops/api/adapters/telemetry-key";
    let (status, answer) = server.post(path, &body).await?;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(answer["adapter"]["telemetry_public_jwk"], jwk);
    let adapter = people.with_token(path, &body).await?;
    assert_eq!(adapter.0, 401, "{adapter:?}");
    let mut private = body.clone();
    private["public_jwk"]["d"] = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A".into();
    let answer = server.post(path, &private).await?;
    assert_eq!(refusal(&answer), (400, "private_key", "/public_jwk"));
    let revoke = json!({"tenant_id": "acme", "adapter_id": "mallory", "reason": "lost"});
    let (status, answer) = server.post(&format!("{path}/revoke"), &revoke).await?;
    assert_eq!(status, 200, "{answer}");
    assert!(
        answer["adapter"]["telemetry_key_revoked_at"].is_string(),
        "{answer}"
    );
    let (_, listed) = people
        .operator_get("/ops/api/adapters/mallory/telemetry-keys")
        .await?;
    assert_eq!(listed["keys"].as_array().map(Vec::len), Some(1), "{listed}");
    server.verify()?;
    Ok(())
}
