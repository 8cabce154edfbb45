//! What the doors of tools, postures and policies answer, over HTTP.

use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use crate::harness::{ModelServer, Server, Setup, Store, start_backend};
use crate::people::{ADAPTER_SECRET, key, token};

const AUTHORIZE: &str = "/api/governance/tool/authorize";
const CONSUME: &str = "/api/governance/tool/consume";
const REQUEST: &str = "/api/execution/request";

/// A change of a good request.
type Change = fn(&mut Value);

/// An adapter at a server.
struct Caller<'a> {
    server: &'a Server,
    token: String,
}

impl Caller<'_> {
    async fn post(&self, path: &str, body: &Value) -> Result<(u16, Value)> {
        let request = self
            .server
            .http
            .post(format!("{}{path}", self.server.base))
            .header("X-Adapter-Token", &self.token);
        let answer = request.json(body).send().await?;
        Ok((answer.status().as_u16(), answer.json().await?))
    }

    async fn get(&self, path: &str) -> Result<(u16, Value)> {
        let request = self
            .server
            .http
            .get(format!("{}{path}", self.server.base))
            .header("X-Adapter-Token", &self.token);
        let answer = request.send().await?;
        Ok((answer.status().as_u16(), answer.json().await?))
    }

    /// Status, code and pointer of a refusal.
    async fn refused(&self, path: &str, body: &Value) -> Result<(u16, String, String)> {
        let (status, answer) = self.post(path, body).await?;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let pointer = text(&answer["errors"][0]["pointer"]);
        Ok((status, text(&answer["code"]), pointer))
    }
}

async fn started(directory: &std::path::Path) -> Result<Server> {
    let (_model, model) = ModelServer::start(Duration::ZERO).await?;
    let (_backend, backend, _task) = start_backend(None).await?;
    let server = Server::start(&Setup {
        store: Store::Sqlite(directory.join("clasper.db")),
        model,
        backend,
        extra: vec![("ADAPTER_JWT_SECRET", ADAPTER_SECRET.into())],
    })
    .await?;
    let rule = json!({
        "policy_id": "allow-exec", "scope": {"tenant_id": "acme"}, "subject": {"type": "tool", "name": "exec"},
        "effect": {"decision": "allow"}, "precedence": 10,
    });
    server.set_budget("acme", "5").await?;
    let (status, answer) = server.post("/ops/api/policies", &rule).await?;
    ensure!(status == 200, "{status} {answer}");
    Ok(server)
}

async fn registered<'a>(server: &'a Server, adapter: &str, tenant: &str) -> Result<Caller<'a>> {
    let caller = Caller {
        server,
        token: token(adapter, tenant, ADAPTER_SECRET),
    };
    let body = json!({
        "adapter_id": adapter, "display_name": adapter, "risk_class": "low", "version": "1", "enabled": true,
        "capabilities": ["exec"], "tool_capabilities": ["exec", "canvas.render"],
    });
    let (status, answer) = caller.post("/adapters/register", &body).await?;
    ensure!(status == 200, "{status} {answer}");
    let classified = server
        .http
        .patch(format!("{}/ops/api/adapters/{adapter}", server.base))
        .header("X-Agent-Daemon-Key", crate::harness::DAEMON_KEY)
        .json(&json!({"tenant_id": tenant, "risk_class": "low"}))
        .send()
        .await?;
    ensure!(classified.status().is_success(), "{classified:?}");
    Ok(caller)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_of_a_tool_is_refused_with_a_reason_that_helps() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let server = started(directory.path()).await?;
    let adapter = registered(&server, "shell", "acme").await?;
    let stranger = registered(&server, "other", "acme").await?;
    let ask = json!({
        "execution_id": "run-1", "tool": "exec", "requested_capabilities": ["exec"], "max_cost": "0.10",
        "context": {"exec": {"argv0": "ls", "argv": ["ls"]}},
    });
    let (_, answer) = adapter.post(REQUEST, &ask).await?;
    ensure!(answer["allowed"] == true, "{answer}");
    let call = |change: Change| {
        let mut body = json!({"execution_id": "run-1", "tool": "exec"});
        change(&mut body);
        body
    };
    let faults: [(Change, u16, &str, &str); 7] = [
        (|b| b["tool"] = json!(""), 400, "invalid_request", "/tool"),
        (
            |b| b["tool"] = json!("__clasper_probe__"),
            400,
            "invalid_request",
            "/tool",
        ),
        (
            |b| b["environment"] = json!("lenient"),
            400,
            "invalid_request",
            "/environment",
        ),
        (
            |b| b["requested_scope"] = json!({"max_cost": -1}),
            400,
            "invalid_request",
            "/requested_scope",
        ),
        (
            |b| b["surprise"] = json!(1),
            400,
            "invalid_input",
            "/surprise",
        ),
        (
            |b| b["adapter_id"] = json!("other"),
            403,
            "adapter_scope_mismatch",
            "",
        ),
        (|b| b["execution_id"] = json!("run-9"), 404, "not_found", ""),
    ];
    for (change, status, code, pointer) in faults {
        let refused = adapter.refused(AUTHORIZE, &call(change)).await?;
        assert_eq!(refused, (status, code.to_owned(), pointer.to_owned()));
    }
    // Another adapter of the tenant has no such execution.
    let (status, ..) = stranger.refused(AUTHORIZE, &call(|_| {})).await?;
    assert_eq!(status, 404);
    let greedy = call(|b| b["requested_scope"] = json!({"max_cost": "0.11"}));
    let (status, answer) = adapter.post(AUTHORIZE, &greedy).await?;
    assert_eq!(
        (status, &answer["reason"]),
        (200, &json!("scope_exceeds_grant"))
    );
    let (_, granted) = adapter.post(AUTHORIZE, &call(|_| {})).await?;
    let mut body = call(|_| {});
    body["tool_token"] = granted["tool_token"].clone();
    let (status, code, _) = stranger.refused(CONSUME, &body).await?;
    assert_eq!((status, code.as_str()), (403, "token_mismatch"));
    body["tool_token"] = json!("a.b.c");
    let (status, code, _) = adapter.refused(CONSUME, &body).await?;
    assert_eq!((status, code.as_str()), (400, "invalid_token"));
    server.verify()?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_adapter_reads_its_policies_and_how_it_is_governed() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let server = started(directory.path()).await?;
    let adapter = registered(&server, "shell", "acme").await?;
    let globex = json!({"tenant_id": "globex", "name": "Globex"});
    let (status, answer) = server.post("/tenants", &globex).await?;
    ensure!(status < 300, "{status} {answer}");
    let other = registered(&server, "shell", "globex").await?;
    let (_, listed) = adapter.get("/api/adapter/policies?limit=1").await?;
    let first = &listed["policies"][0];
    assert_eq!(
        (
            &listed["total"],
            &first["policy_id"],
            &first["decision"],
            &first["tool"]
        ),
        (
            &json!(1),
            &json!("allow-exec"),
            &json!("allow"),
            &json!("exec")
        )
    );
    let (_, none) = adapter.get("/api/adapter/policies?offset=1").await?;
    assert_eq!(none["policies"], json!([]));
    for query in ["limit=0", "limit=501", "offset=-1", "cursor=x"] {
        let (status, answer) = adapter
            .get(&format!("/api/adapter/policies?{query}"))
            .await?;
        assert_eq!(status, 400, "{query}: {answer}");
    }
    let (_, theirs) = other.get("/api/adapter/policies").await?;
    assert_eq!(theirs["total"], 0, "another tenant's policies are shown");
    let (_, posture) = adapter.get("/api/adapter/posture").await?;
    let (_, same) = adapter.get("/api/adapter/policy-posture").await?;
    assert_eq!(posture, same);
    assert_eq!(
        (&posture["status"], &posture["mode"], &posture["reasons"]),
        (&json!("DEGRADED"), &json!("strict"), &json!(["no_canary"]))
    );
    assert_eq!(posture["covered_tools"], json!(["exec"]));
    assert_eq!(posture["uncovered_tools"], json!(["canvas.render"]));
    for (role, status) in [("viewer", 403), ("operator", 200)] {
        let key = key(&server, "acme", role).await?;
        let answer = server
            .http
            .get(format!("{}/ops/api/tools/nobody", server.base))
            .bearer_auth(&key)
            .send()
            .await?;
        assert_eq!(answer.status().as_u16(), status, "{role}");
        let body: Value = answer.json().await?;
        assert!(status != 200 || body == json!({"history": []}), "{body}");
    }
    Ok(())
}
