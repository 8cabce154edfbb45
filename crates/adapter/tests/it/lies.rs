//! Nothing runs unless an answer clearly permits it.

use anyhow::Result;
use axum::response::{IntoResponse, Redirect};
use clasper_adapter::{Ask, Blocked, Fault};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::world::{Server, adapter, allowing, reply, run};

#[tokio::test]
async fn what_is_permitted_runs_once_with_what_was_granted() -> Result<()> {
    let server = Server::start(|_, seen| reply(200, &allowing(seen))).await?;
    let ask = Ask::new("exec").program(["ls", "-la"]).max_cost("0.05");
    let (ran, done) = run(&server.adapter()?, ask).await;
    assert!(done.is_ok(), "{done:?}");
    assert_eq!(ran, 1);
    let seen = server.seen();
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].path, "/api/execution/request");
    assert_eq!(seen[0].token, "a-token");
    assert_eq!(
        seen[0].body,
        json!({
            "tenant_id": "acme", "workspace_id": "main", "adapter_id": "builder-1", "execution_id": "id-0",
            "tool": "exec", "requested_capabilities": ["exec"], "max_cost": "0.05",
            "context": {"exec": {"argv0": "ls", "argv": ["ls", "-la"]}},
        })
    );
    Ok(())
}

/// The permitting answer with one lie in it.
type Lie = fn(&mut Value);

#[tokio::test]
async fn an_answer_with_one_lie_in_it_permits_nothing() -> Result<()> {
    let lies: [(&str, Lie); 14] = [
        ("empty", |a| {
            *a = json!({});
        }),
        ("no object", |a| {
            *a = json!([true]);
        }),
        ("allowed is a text", |a| {
            a["allowed"] = json!("true");
        }),
        ("allowed is missing", |a| {
            drop(a.as_object_mut().map(|a| a.remove("allowed")));
        }),
        ("it contradicts itself", |a| {
            a["decision"] = json!("deny");
        }),
        ("it contradicts itself the other way", |a| {
            a["allowed"] = json!(false);
        }),
        ("an unknown decision", |a| {
            a["decision"] = json!("perhaps");
        }),
        ("another execution", |a| {
            a["execution_id"] = json!("id-99");
        }),
        ("no scope", |a| {
            a["granted_scope"] = Value::Null;
        }),
        ("a smaller scope", |a| {
            a["granted_scope"]["capabilities"] = json!(["read"]);
        }),
        ("a scope without an end", |a| {
            a["granted_scope"]["expires_at"] = Value::Null;
        }),
        ("a grant that is over", |a| {
            a["granted_scope"]["expires_at"] = json!("2026-11-20T10:00:00.000Z");
        }),
        ("an answer of before", |a| {
            a["replayed"] = json!(true);
        }),
        ("denied", |a| {
            a["allowed"] = json!(false);
            a["decision"] = json!("deny");
        }),
    ];
    for (name, lie) in lies {
        let server = Server::start(move |_, seen| {
            let mut answer = allowing(seen);
            lie(&mut answer);
            reply(200, &answer)
        })
        .await?;
        let (ran, done) = run(&server.adapter()?, Ask::new("exec")).await;
        assert_eq!(ran, 0, "{name}: it ran");
        assert!(done.is_err(), "{name}");
        assert_eq!(
            server.seen().len(),
            1,
            "{name}: asking again changes nothing"
        );
    }
    Ok(())
}

#[tokio::test]
async fn no_answer_is_no_permission() -> Result<()> {
    // Somebody listens and says nothing; nobody listens.
    let silent = TcpListener::bind("127.0.0.1:0").await?;
    let gone = TcpListener::bind("127.0.0.1:0").await?.local_addr()?;
    for address in [silent.local_addr()?, gone] {
        let (ran, done) = run(&adapter(address)?, Ask::new("exec")).await;
        assert_eq!(ran, 0);
        let is_it = matches!(done, Err(Blocked::Fault(Fault::Unreachable(_))));
        assert!(is_it, "{done:?}");
    }
    Ok(())
}

#[tokio::test]
async fn errors_pages_and_redirects_permit_nothing() -> Result<()> {
    let permitting = Server::start(|_, seen| reply(200, &allowing(seen))).await?;
    let elsewhere = format!("http://{}/", permitting.address);
    let problem = json!({"code": "adapter_disabled", "detail": "ask an operator", "allowed": true, "decision": "allow"});
    for status in [204, 400, 401, 403, 404, 409, 418, 429, 500, 503] {
        let problem = problem.clone();
        let server = Server::start(move |_, _| reply(status, &problem)).await?;
        let (ran, done) = run(&server.adapter()?, Ask::new("exec")).await;
        assert_eq!((ran, done.is_err()), (0, true), "{status}");
        let is_passing = matches!(status, 429 | 500..);
        assert_eq!(server.seen().len(), 1 + usize::from(is_passing), "{status}");
    }
    let page = Server::start(|_, _| "<html>welcome to the hotel</html>".into_response()).await?;
    let away = Server::start(move |_, _| Redirect::temporary(&elsewhere).into_response()).await?;
    for server in [page, away] {
        let (ran, done) = run(&server.adapter()?, Ask::new("exec")).await;
        assert_eq!((ran, done.is_err()), (0, true));
    }
    assert!(permitting.seen().is_empty(), "the token was carried away");
    Ok(())
}

#[tokio::test]
async fn the_lost_answer_to_this_very_call_still_counts_and_no_other_does() -> Result<()> {
    let late = |n: usize, seen: &crate::world::Seen| {
        if n == 0 {
            return reply(503, &json!({}));
        }
        let mut answer = allowing(seen);
        answer["replayed"] = json!(true);
        reply(200, &answer)
    };
    let server = Server::start(late).await?;
    let (ran, done) = run(&server.adapter()?, Ask::new("exec")).await;
    assert_eq!((ran, done.is_ok()), (1, true), "{done:?}");
    let ids: Vec<_> = server
        .seen()
        .iter()
        .map(|s| s.body["execution_id"].clone())
        .collect();
    assert_eq!(ids, ["id-0", "id-0"], "the same request is sent again");
    // Under a name of the caller's own somebody else may have asked, and acted.
    let server = Server::start(late).await?;
    let (ran, done) = run(&server.adapter()?, Ask::new("exec").named("job-7")).await;
    assert_eq!(ran, 0);
    assert!(matches!(done, Err(Blocked::Replayed { .. })), "{done:?}");
    Ok(())
}
