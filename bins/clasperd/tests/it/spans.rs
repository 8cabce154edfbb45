//! `POST /v1/traces` of the real binary: what was acknowledged is there after kill -9, once, however often it is sent.

use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use crate::harness::{ModelServer, Server, Setup, Store, start_backend};

/// A request with a trace of ten spans.
fn request(trace: u32) -> Value {
    let spans: Vec<Value> = (1..=10_u32)
        .map(|span| {
            json!({
                "traceId": format!("{trace:032x}"), "spanId": format!("{span:016x}"), "name": "chat",
                "startTimeUnixNano": "1795176000000000000", "endTimeUnixNano": "1795176001000000000",
                "attributes": [{"key": "gen_ai.operation.name", "value": {"stringValue": "chat"}},
                    {"key": "gen_ai.usage.input_tokens", "value": {"intValue": "1"}}],
            })
        })
        .collect();
    json!({"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]})
}

const EXPORT: &str = "/v1/traces?tenant_id=acme";

#[tokio::test(flavor = "multi_thread")]
async fn acknowledged_spans_survive_a_kill_and_count_once() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let (_, model) = ModelServer::start(Duration::from_millis(1)).await?;
    let (_backend, backend, _task) = start_backend(None).await?;
    let setup = Setup {
        store: Store::Sqlite(directory.path().join("clasper.db")),
        model,
        backend,
        extra: Vec::new(),
    };
    let server = Server::start(&setup).await?;
    let mut acknowledged = 0_u32;
    while acknowledged < 40 {
        let (status, answer) = server.post(EXPORT, &request(acknowledged + 1)).await?;
        ensure!((status, &answer) == (200, &json!({})), "{status} {answer}");
        acknowledged += 1;
    }
    // While more are on their way. Whether they were acknowledged or cut off, they are sent again, as exporters do.
    let next = request(acknowledged + 1);
    let id = server.id().to_string();
    let kill = async {
        std::process::Command::new("kill")
            .args(["-9", &id])
            .status()
    };
    let (_, killed) = tokio::join!(server.post(EXPORT, &next), kill);
    let killed = killed?;
    ensure!(killed.success(), "kill: {killed}");
    drop(server);
    let server = Server::start(&setup).await?;
    for trace in 1..=acknowledged + 1 {
        let (status, answer) = server.post(EXPORT, &request(trace)).await?;
        ensure!(status == 200, "{status} {answer}");
    }
    let (_, stats) = server.get("/traces/stats?tenant_id=acme").await?;
    let stats = &stats["stats"];
    let expected = u64::from(acknowledged + 1);
    ensure!(stats["total_traces"] == expected, "{stats}");
    ensure!(stats["input_tokens"] == expected * 10, "{stats}");
    let (_, first) = server
        .get("/traces/00000000-0000-0000-0000-000000000001?tenant_id=acme")
        .await?;
    let steps = first["trace"]["steps"].as_array().map(Vec::len);
    ensure!(steps == Some(10), "{first}");
    let report = server.verify()?;
    ensure!(report.contains("acme: whole"), "{report}");
    Ok(())
}
