//! Registration, canaries, tools and the tower layer.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::Result;
use clasper_adapter::{Ask, Blocked, Canary, GovernLayer, Governed, Registration};
use serde_json::{Value, json};
use tower::{Layer, ServiceExt, service_fn};

use crate::world::{Seen, Server, allowing, reply, run};

#[tokio::test]
async fn a_key_of_its_own_is_used_from_then_on() -> Result<()> {
    let server = Server::start(|_, seen: &Seen| match seen.path.as_str() {
        "/adapters/register" => reply(
            200,
            &json!({
                "adapter_id": "builder-1", "risk_class": "high", "enabled": true, "certification_tier": "experimental",
                "adapter_token": "cla_own",
            }),
        ),
        _ => reply(200, &allowing(seen)),
    })
    .await?;
    let adapter = server.adapter()?;
    let registration = Registration::new("Build runner", "1.0.0", ["exec"]);
    assert!(adapter.register(&registration).await?.enabled);
    run(&adapter, Ask::new("exec")).await.1.expect("allowed");
    let tokens: Vec<String> = server.seen().into_iter().map(|seen| seen.token).collect();
    assert_eq!(tokens, ["a-token", "cla_own"]);
    assert!(!format!("{adapter:?}").contains("cla_own"));
    Ok(())
}

#[tokio::test]
async fn a_canary_counts_only_when_the_server_has_decided_against_it() -> Result<()> {
    let denied = |seen: &Seen| {
        json!({
            "allowed": false, "decision": "deny", "execution_id": seen.body["execution_id"], "decision_id": "d-1",
            "blocked_reason": "no_policy_matched",
        })
    };
    let server = Server::start(move |_, seen| reply(200, &denied(seen))).await?;
    assert!(matches!(
        server.adapter()?.probe().await,
        Canary::Denied { .. }
    ));
    let asked = &server.seen()[0].body;
    assert_eq!(asked["tool"], "__clasper_probe__");
    assert_eq!(
        asked["requested_capabilities"],
        json!(["__clasper_probe__"])
    );
    let server = Server::start(|_, seen| {
        let mut answer = allowing(seen);
        answer["granted_scope"]["capabilities"] = json!(["__clasper_probe__"]);
        reply(200, &answer)
    })
    .await?;
    assert!(matches!(server.adapter()?.probe().await, Canary::Passed));
    for status in [403, 500] {
        let server = Server::start(move |_, _| reply(status, &json!({"code": "x"}))).await?;
        assert!(matches!(
            server.adapter()?.probe().await,
            Canary::Unknown(_)
        ));
    }
    Ok(())
}

#[tokio::test]
async fn a_token_of_a_tool_is_used_once_and_a_lost_answer_blocks_the_call() -> Result<()> {
    let server = Server::start(|n, seen: &Seen| match (n, seen.path.as_str()) {
        (0, _) => reply(200, &allowing(seen)),
        (_, "/api/governance/tool/authorize") => reply(
            200,
            &json!({
                "decision": "allow", "authorization_id": "a-1", "tool_token": "t-1", "granted_scope": {"max_steps": 1},
            }),
        ),
        (2, _) => reply(200, &json!({"status": "ok", "tool": "exec"})),
        _ => reply(503, &json!({})),
    })
    .await?;
    let adapter = server.adapter()?;
    let grant = adapter.acquire(Ask::new("exec")).await?;
    let call = adapter.authorize_tool(&grant, "exec", None).await?;
    adapter.use_tool(&call).await?;
    let seen = server.seen();
    assert_eq!(seen[2].body["tool_token"], "t-1");
    assert_eq!(seen[2].body["scope"], json!({"max_steps": 1}));
    assert!(adapter.use_tool(&call).await.is_err());
    assert_eq!(server.seen().len(), 4, "it was sent again");
    Ok(())
}

#[tokio::test]
async fn a_tool_without_a_token_or_with_another_answer_is_blocked() -> Result<()> {
    let answers = [
        json!({"decision": "allow", "authorization_id": "a-1", "granted_scope": {}}),
        json!({"decision": "allow", "authorization_id": "a-1", "tool_token": "t-1"}),
        json!({"decision": "maybe", "authorization_id": "a-1", "tool_token": "t-1", "granted_scope": {}}),
        json!({"decision": "deny", "authorization_id": "a-1", "tool_token": "t-1", "granted_scope": {}}),
        Value::Null,
    ];
    for answer in answers {
        let said = answer.clone();
        let server = Server::start(move |n, seen| match n {
            0 => reply(200, &allowing(seen)),
            _ => reply(200, &said),
        })
        .await?;
        let adapter = server.adapter()?;
        let grant = adapter.acquire(Ask::new("exec")).await?;
        let call = adapter.authorize_tool(&grant, "exec", None).await;
        assert!(call.is_err(), "{answer}");
    }
    Ok(())
}

#[tokio::test]
async fn a_governed_service_is_called_where_it_is_permitted_and_nowhere_else() -> Result<()> {
    let server = Server::start(|_, seen: &Seen| {
        let mut answer = allowing(seen);
        if seen.body["context"]["exec"]["argv0"] == "rm" {
            answer["allowed"] = json!(false);
            answer["decision"] = json!("deny");
            answer["blocked_reason"] = json!("policy_denied");
        }
        reply(200, &answer)
    })
    .await?;
    let called = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&called);
    let inner = service_fn(move |command: String| {
        count.fetch_add(1, Ordering::SeqCst);
        async move { Ok::<_, std::convert::Infallible>(format!("ran {command}")) }
    });
    let layer = GovernLayer::new(server.adapter()?, |command: &String| {
        Ask::new("exec").program(command.split(' '))
    });
    let service = layer.layer(inner);
    let answer = service.clone().oneshot("ls -l".to_owned()).await;
    assert_eq!(answer.expect("permitted"), "ran ls -l");
    let refused = service.oneshot("rm -rf /".to_owned()).await;
    let is_denied = matches!(&refused, Err(Governed::Blocked(Blocked::Denied { reason, .. })) if reason == "policy_denied");
    assert!(is_denied, "{refused:?}");
    assert_eq!(called.load(Ordering::SeqCst), 1);
    Ok(())
}
