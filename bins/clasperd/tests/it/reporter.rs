//! An adapter that reports to the real server, as the gateway's plugin does.

use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::harness::{ModelServer, Server, Setup, Store, start_backend};
use crate::people::{ADAPTER_SECRET, People};

const RULES: &str = "
- policy_id: allow-exec
  subject: { type: tool, name: exec }
  effect: { decision: allow }
";

pub struct World {
    pub server: Server,
    pub people: People,
    _directory: TempDir,
}

pub async fn world(extra: &[(&'static str, &str)]) -> Result<World> {
    let directory = tempfile::tempdir()?;
    let (_model, model) = ModelServer::start(Duration::ZERO).await?;
    let (_backend, backend, _task) = start_backend(None).await?;
    let mut settings = vec![("ADAPTER_JWT_SECRET", ADAPTER_SECRET.to_owned())];
    settings.extend(
        extra
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned())),
    );
    let server = Server::start(&Setup {
        store: Store::Sqlite(directory.path().join("clasper.db")),
        model,
        backend,
        extra: settings,
    })
    .await?;
    let people = People::settle(&server, RULES).await?;
    server.set_budget("acme", "5").await?;
    Ok(World {
        server,
        people,
        _directory: directory,
    })
}

pub fn uuid(n: u32) -> String {
    format!("d92e54a7-b258-4f3f-8201-{n:012}")
}

/// A report of the adapter about `execution`, with the members `more`.
pub fn report(execution: &str, trace: u32, more: &Value) -> Value {
    let mut body = json!({
        "tenant_id": "acme", "workspace_id": "main", "adapter_id": "mallory", "execution_id": execution,
        "trace_id": uuid(trace),
    });
    for (name, value) in more.as_object().into_iter().flatten() {
        body[name] = value.clone();
    }
    body
}

pub fn now() -> String {
    clasper_core::wire_time(clasper_core::Clock::now(&clasper_core::SystemClock))
}

pub fn cost(execution: &str, usd: &Value) -> Value {
    report(
        execution,
        1,
        &json!({"cost_usd": usd, "recorded_at": now()}),
    )
}

/// What the gateway's plugin sends after a tool has run.
pub fn trace(execution: &str, id: u32) -> Value {
    let (at, result) = (
        now(),
        json!({"content": [{"type": "text", "text": "w.txt"}]}),
    );
    let trace = json!({
        "id": uuid(id), "tenantId": "acme", "workspaceId": "main", "agentRole": "openclaw", "startedAt": at,
        "completedAt": at, "durationMs": 21, "skillVersions": {}, "model": "openclaw", "provider": "openclaw",
        "input": {"message": "exec", "messageHistory": 0},
        "steps": [
            {"type": "tool_call", "timestamp": at, "durationMs": 0, "data": {
                "toolCallId": execution, "toolName": "exec", "arguments": {"command": "ls"}, "permitted": true}},
            {"type": "tool_result", "timestamp": at, "durationMs": 21, "data": {
                "toolCallId": execution, "toolName": "exec", "success": true, "result": result}},
        ],
        "output": {"message": "Tool exec executed", "toolCalls": [{
            "id": execution, "name": "exec", "arguments": {"command": "ls"}, "result": result, "durationMs": 21,
            "permitted": true, "success": true}]},
        "usage": {"inputTokens": 0, "outputTokens": 0, "totalCost": 0},
        "labels": {"execution_id": execution, "source": "openclaw-plugin", "tool": "exec", "environment": "local"},
        "adapter_id": "mallory",
    });
    report(execution, id, &json!({"trace": trace}))
}

pub async fn ask(people: &People, execution: &str, max_cost: &str) -> Result<()> {
    let body = json!({
        "execution_id": execution, "requested_capabilities": ["exec"], "tool": "exec", "max_cost": max_cost,
        "context": {"exec": {"argv0": "ls", "argv": ["ls"]}},
    });
    let (status, answer) = people.adapter(&body).await?;
    ensure!(answer["allowed"] == true, "{status} {answer}");
    Ok(())
}

pub fn refusal(answer: &(u16, Value)) -> (u16, &str, &str) {
    let (status, body) = answer;
    let pointer = body["errors"][0]["pointer"].as_str();
    (
        *status,
        body["code"].as_str().unwrap_or("none"),
        pointer.unwrap_or("none"),
    )
}
