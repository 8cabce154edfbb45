//! Only a valid agent token opens a door.

use anyhow::Result;
use axum::{
    body::Body,
    http::{Method, StatusCode},
};
use example_backend::{Backend, Database, Error};
use jsonwebtoken::Algorithm;
use serde_json::{Value, json};

use crate::harness::{
    Client, DOCUMENTS, MESSAGES, NOW, SECRET, TASKS, assert_refused, claims, config, in_memory,
    sign,
};

const CAPABILITIES: &str = "/api/mission-control/capabilities";

#[tokio::test]
async fn every_route_of_the_contract_wants_a_token() -> Result<()> {
    let stranger = Client::with_token(&in_memory().await?, None);
    let routes = [
        (Method::GET, CAPABILITIES),
        (Method::GET, TASKS),
        (Method::POST, TASKS),
        (Method::POST, MESSAGES),
        (Method::GET, MESSAGES),
        (Method::POST, DOCUMENTS),
        (Method::GET, "/api/tools"),
        (Method::POST, "/api/tools/echo"),
    ];
    for (method, path) in routes {
        // The body is not even JSON: who is not known is not told so.
        let answer = stranger.send(method, path, Body::from("{")).await?;
        assert_refused(&answer, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(stranger.get("/health").await?.0, StatusCode::OK);
    Ok(())
}

#[tokio::test]
async fn a_token_must_be_signed_current_and_an_agents() -> Result<()> {
    let backend = in_memory().await?;
    let with = |name: &str, value: Value| {
        let mut changed = claims("user-1");
        changed[name] = value;
        changed
    };
    let without = |name: &str| {
        let mut changed = claims("user-1");
        changed.as_object_mut().map(|claims| claims.remove(name));
        changed
    };
    let mut bad = vec![
        "not a token".to_owned(),
        sign(
            Algorithm::HS256,
            &claims("user-1"),
            "another secret that is long enough too",
        )?,
        sign(Algorithm::HS384, &claims("user-1"), SECRET)?,
    ];
    for claims in [
        with("exp", json!(NOW)),
        with("exp", json!(NOW - 1)),
        with("type", json!("adapter")),
        with("user_id", json!("")),
        with("user_id", json!(7)),
        with("agent_role", json!("")),
        without("exp"),
        without("type"),
        without("user_id"),
        without("agent_role"),
    ] {
        bad.push(sign(Algorithm::HS256, &claims, SECRET)?);
    }
    // An unsigned token: header {"alg":"none"}, the right claims, no signature.
    let good = sign(Algorithm::HS256, &claims("user-1"), SECRET)?;
    let payload = good.split('.').nth(1).expect("a token has three parts");
    bad.push(format!("eyJhbGciOiJub25lIn0.{payload}."));

    for token in bad {
        let answer = Client::with_token(&backend, Some(token))
            .get(CAPABILITIES)
            .await?;
        assert_refused(&answer, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(
        Client::with_token(&backend, Some(good))
            .get(CAPABILITIES)
            .await?
            .0,
        StatusCode::OK
    );
    Ok(())
}

#[tokio::test]
async fn a_secret_that_could_be_guessed_is_refused_at_the_start() {
    let mut config = config(Database::Memory, 1);
    config.agent_jwt_secret = "thirty-one bytes are too few...".into();
    assert!(matches!(
        Backend::open(config).await,
        Err(Error::WeakSecret)
    ));
}
