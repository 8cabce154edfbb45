//! People agree, refuse, edit, or say nothing.

use anyhow::Result;
use axum::http::Method;
use axum::response::Response;
use clasper_adapter::{Ask, Blocked};
use serde_json::{Value, json};

use crate::world::{Seen, Server, allowing, pending, reply, run};

/// Pending first; then what people say; then the claim.
fn resolved(state: Value) -> impl Fn(usize, &Seen) -> Response + Send + Sync + 'static {
    move |n, seen| match (n, &seen.method) {
        (0, _) => reply(200, &pending(seen)),
        (_, &Method::GET) => reply(200, &state),
        _ => reply(200, &allowing(seen)),
    }
}

fn state(effect: &str) -> Value {
    json!({"execution_id": "id-0", "decision_id": "d-1", "effect": effect, "reason": "why"})
}

#[tokio::test]
async fn what_people_agree_to_is_claimed_and_runs() -> Result<()> {
    let server = Server::start(resolved(state("allow"))).await?;
    let (ran, done) = run(&server.adapter()?, Ask::new("exec")).await;
    assert_eq!((ran, done.is_ok()), (1, true), "{done:?}");
    let paths: Vec<String> = server.seen().into_iter().map(|seen| seen.path).collect();
    assert_eq!(paths.len(), 3, "{paths:?}");
    assert!(
        paths[1].starts_with("/api/execution/id-0?wait="),
        "{paths:?}"
    );
    assert_eq!(paths[0], paths[2], "the claim is the request sent again");
    Ok(())
}

#[tokio::test]
async fn what_they_refuse_edit_or_leave_open_does_not_run() -> Result<()> {
    let mut edited = state("allow");
    edited["edited_request"] = json!({"tool": "exec"});
    let mut other = state("allow");
    other["decision_id"] = json!("d-2");
    for (name, said) in [
        ("denied", state("deny")),
        ("edited", edited),
        ("another decision", other),
        ("an unknown effect", state("sure")),
        ("nobody answers", state("pending")),
        ("nonsense", json!("allow")),
    ] {
        let server = Server::start(resolved(said)).await?;
        let (ran, done) = run(&server.adapter()?, Ask::new("exec")).await;
        assert_eq!((ran, done.is_err()), (0, true), "{name}");
        let posts = server
            .seen()
            .iter()
            .filter(|s| s.method == Method::POST)
            .count();
        assert_eq!(posts, 1, "{name}: it was claimed");
    }
    Ok(())
}

#[tokio::test]
async fn an_approval_that_somebody_else_has_claimed_permits_nothing() -> Result<()> {
    let server = Server::start(|n, seen: &Seen| match (n, &seen.method) {
        (0, _) => reply(200, &pending(seen)),
        (_, &Method::GET) => reply(200, &state("allow")),
        _ => {
            let mut answer = allowing(seen);
            answer["replayed"] = json!(true);
            reply(200, &answer)
        }
    })
    .await?;
    let (ran, done) = run(&server.adapter()?, Ask::new("exec")).await;
    assert_eq!(ran, 0);
    assert!(matches!(done, Err(Blocked::Replayed { .. })), "{done:?}");
    Ok(())
}

#[tokio::test]
async fn a_server_that_is_down_for_a_moment_does_not_lose_the_approval() -> Result<()> {
    let server = Server::start(|n, seen: &Seen| match (n, &seen.method) {
        (0, _) => reply(200, &pending(seen)),
        (1..=3, _) => reply(503, &json!({})),
        (_, &Method::GET) => reply(200, &state("allow")),
        _ => reply(200, &allowing(seen)),
    })
    .await?;
    let mut settings = crate::world::settings(server.address);
    settings.approval_wait = std::time::Duration::from_secs(20);
    let adapter = clasper_adapter::Adapter::new(settings, &"a-token".into())?;
    let (ran, done) = run(&adapter, Ask::new("exec")).await;
    assert_eq!((ran, done.is_ok()), (1, true), "{done:?}");
    Ok(())
}
