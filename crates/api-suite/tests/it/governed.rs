//! A server with rules and an adapter, and what is asked of it.

use axum::body::Body;
use axum::http::Method;
use serde_json::{Value, json};

use crate::app::{ACME, ADAPTER, Answer, App, MANAGER};

/// A key of another tenant.
pub const OTHER: (&str, &str) = ("authorization", "Bearer other-key");

pub const REQUEST: &str = "/api/execution/request";

/// `echo` is allowed, `rm` needs people, `dd` is denied; nothing speaks of anything else.
pub const RULES: &str = "
- policy_id: allow-echo
  subject: { type: tool, name: exec }
  conditions: { context.exec.argv0: echo }
  effect: { decision: allow }
  explanation: harmless
- policy_id: ask-rm
  subject: { type: tool, name: exec }
  conditions: { context.exec.argv0: rm }
  effect: { decision: require_approval }
  explanation: it deletes
- policy_id: deny-dd
  subject: { type: tool, name: exec }
  conditions: { context.exec.argv0: dd }
  effect: { decision: deny }
  explanation: it overwrites
- policy_id: keep-production
  subject: { type: tool }
  conditions: { resource: { prefix: prod_ } }
  effect: { decision: deny }
  precedence: 10
  explanation: production is not touched
";

/// A server whose rules are [`RULES`], with a registered adapter that an operator has classified as harmless.
pub async fn governed() -> App {
    govern(App::new()).await
}

/// The same on another server.
pub async fn govern(app: App) -> App {
    app.ledger.govern("acme", RULES);
    for token in ["adapter-token", "other-adapter-token"] {
        let adapter = if token == "adapter-token" {
            "openclaw-local"
        } else {
            "other-adapter"
        };
        let body = json!({
            "adapter_id": adapter, "display_name": "OpenClaw", "risk_class": "low", "version": "0.1.0", "enabled": true,
            "capabilities": ["exec", "read", "write"],
        });
        let registered = app
            .post(
                "/adapters/register",
                &[("x-adapter-token", token)],
                body.to_string(),
            )
            .await;
        assert_eq!(registered.status, 200, "{}", registered.text);
        let classified = app
            .call(
                Method::PATCH,
                &format!("/ops/api/adapters/{adapter}"),
                &[ACME],
                Body::from(r#"{"risk_class": "low"}"#),
            )
            .await;
        assert_eq!(classified.status, 200, "{}", classified.text);
    }
    app
}

/// What the plugin sends before it runs a command.
pub fn exec(key: &str, argv: &[&str]) -> Value {
    json!({
        "execution_id": key, "adapter_id": "openclaw-local", "tenant_id": "acme", "workspace_id": "main",
        "requested_capabilities": ["exec"], "tool": "exec", "tool_group": "runtime", "intent": "shell_command",
        "intent_source": "heuristic",
        "context": {
            "side_effects": {"writes_possible": true, "network_possible": false},
            "exec": {"argv0": argv[0], "argv": argv},
        },
    })
}

pub async fn ask(app: &App, body: &Value) -> Answer {
    app.post(REQUEST, &[ADAPTER], body.to_string()).await
}

/// The decision's id of a request that waits for people.
pub async fn pending(app: &App, key: &str) -> String {
    let answer = ask(app, &exec(key, &["rm", "-r", "build"])).await;
    assert_eq!(answer.body["decision"], "pending", "{}", answer.text);
    answer.body["decision_id"]
        .as_str()
        .expect("an id")
        .to_owned()
}

pub async fn resolve(app: &App, decision: &str, body: &str) -> Answer {
    let uri = format!("/ops/api/decisions/{decision}/resolve");
    app.post(&uri, &[MANAGER], body.to_owned()).await
}

pub async fn consume(app: &App, decision: &str) -> Answer {
    let uri = format!("/api/decisions/{decision}");
    let own = app.get(&uri, &[ADAPTER]).await;
    let token = own.body["decision_token"].as_str().unwrap_or("none");
    let headers = [ADAPTER, ("x-decision-token", token)];
    app.post(&format!("{uri}/consume"), &headers, "").await
}

/// The decision's id of a request that is denied.
pub async fn denied(app: &App, key: &str) -> String {
    let answer = ask(app, &exec(key, &["dd"])).await;
    answer.body["decision_id"]
        .as_str()
        .expect("an id")
        .to_owned()
}
