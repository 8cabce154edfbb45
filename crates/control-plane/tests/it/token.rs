//! Agent tokens: claims, algorithms, reuse and renewal; and configurations that are refused.

use std::collections::HashSet;
use std::sync::Arc;

use chrono::TimeDelta;
use clasper_control_plane::{
    AgentAlgorithm, Backend, BackendConfig, ConfigError, UnknownAlgorithm, client_builder,
};
use clasper_core::SystemClock;
use clasper_runtime::backend::ControlPlane as _;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use serde_json::{Value, json};

use crate::fake::{Fake, SECRET, agent, noon, ok};

async fn capable() -> anyhow::Result<Fake> {
    Fake::start(|_, _| ok(json!({"contract_version": "v1", "features": {}}))).await
}

fn claims(token: &str, algorithm: Algorithm) -> anyhow::Result<Value> {
    let mut validation = Validation::new(algorithm);
    // The test's clock stands in another year.
    validation.validate_exp = false;
    let key = DecodingKey::from_secret(SECRET.as_bytes());
    Ok(decode::<Value>(token, &key, &validation)?.claims)
}

#[tokio::test]
async fn a_token_says_for_whom_and_how_long() -> anyhow::Result<()> {
    let fake = capable().await?;
    for (ours, theirs) in [
        (AgentAlgorithm::Hs256, Algorithm::HS256),
        (AgentAlgorithm::Hs384, Algorithm::HS384),
        (AgentAlgorithm::Hs512, Algorithm::HS512),
    ] {
        let (backend, _) = fake.client_with(|config| config.algorithm = ours)?;
        backend.capabilities(&agent("ann", "jarvis")?).await?;
        let seen = fake.seen();
        let token = seen.last().map_or("", |seen| seen.header("x-agent-token"));
        let issued = noon()?.timestamp();
        assert_eq!(
            claims(token, theirs)?,
            json!({
                "type": "agent", "user_id": "ann", "agent_role": "jarvis", "sub": "clasper:jarvis",
                "tenant_id": "acme", "iat": issued, "exp": issued + 7200,
            })
        );
    }
    Ok(())
}

#[tokio::test]
async fn a_token_is_used_again_and_renewed_long_before_it_expires() -> anyhow::Result<()> {
    let fake = capable().await?;
    let (backend, clock) = fake.client()?;
    let ann = agent("ann", "jarvis")?;
    for step in [0, 30, 59, 1, 89] {
        clock.advance(TimeDelta::minutes(step));
        backend.capabilities(&ann).await?;
    }
    // A clock set back must not leave a token that lies in the future.
    clock.set(noon()?);
    backend.capabilities(&ann).await?;

    let issued: Vec<i64> = fake
        .seen()
        .iter()
        .map(|seen| claims(seen.header("x-agent-token"), Algorithm::HS256))
        .map(|claims| claims.map(|it| (it["iat"].as_i64().unwrap_or(0) - 1_772_366_400) / 60))
        .collect::<anyhow::Result<_>>()?;
    assert_eq!(issued, [0, 0, 0, 90, 90, 0]);
    Ok(())
}

#[tokio::test]
async fn every_user_role_and_tenant_has_its_own_token() -> anyhow::Result<()> {
    let fake = capable().await?;
    let (backend, _) = fake.client()?;
    let mut other_tenant = agent("ann", "jarvis")?;
    other_tenant.tenant = "other".parse()?;
    for caller in [
        agent("ann", "jarvis")?,
        agent("bob", "jarvis")?,
        agent("ann", "scout")?,
        other_tenant,
        agent("ann", "jarvis")?,
    ] {
        backend.capabilities(&caller).await?;
    }
    let seen = fake.seen();
    let tokens: HashSet<&str> = seen.iter().map(|it| it.header("x-agent-token")).collect();
    assert_eq!(tokens.len(), 4);
    Ok(())
}

#[tokio::test]
async fn names_of_any_script_are_sent_encoded() -> anyhow::Result<()> {
    let fake = capable().await?;
    let (backend, _) = fake.client()?;
    let mut anna = agent("żółw", "jarvis")?;
    anna.workspace = "büro".parse()?;
    backend.capabilities(&anna).await?;
    let seen = fake.seen();
    assert_eq!(seen[0].header("x-workspace-id"), "b%C3%BCro");
    let claims = claims(seen[0].header("x-agent-token"), Algorithm::HS256)?;
    assert_eq!(claims["user_id"], "żółw");
    Ok(())
}

#[test]
fn weak_and_wrong_configurations_are_refused() -> anyhow::Result<()> {
    let build = |change: fn(&mut BackendConfig)| -> anyhow::Result<_> {
        let mut config = BackendConfig::new("http://backend", SECRET.into());
        change(&mut config);
        let client = client_builder().build()?;
        Ok(Backend::new(config, client, Arc::new(SystemClock)).err())
    };
    let weak = Some(ConfigError::WeakSecret { min_bytes: 32 });
    assert_eq!(build(|_| {})?, None);
    assert_eq!(build(|c| c.agent_jwt_secret = "x".repeat(31).into())?, weak);
    assert_eq!(build(|c| c.agent_jwt_secret = "x".repeat(32).into())?, None);
    assert_eq!(
        build(|c| c.base_url = "localhost".to_owned())?,
        Some(ConfigError::Address)
    );
    assert_eq!(build(|c| c.retry.jitter = 1.5)?, Some(ConfigError::Jitter));
    assert_eq!(
        build(|c| c.retry.jitter = f64::NAN)?,
        Some(ConfigError::Jitter)
    );
    Ok(())
}

#[test]
fn algorithms_are_read_by_their_names() {
    assert_eq!("HS384".parse(), Ok(AgentAlgorithm::Hs384));
    for name in ["none", "RS256", "hs256", ""] {
        assert_eq!(name.parse::<AgentAlgorithm>(), Err(UnknownAlgorithm));
    }
}

#[test]
fn neither_secret_nor_token_is_printed() -> anyhow::Result<()> {
    let config = BackendConfig::new("http://backend", SECRET.into());
    assert!(!format!("{config:?}").contains(SECRET));
    let backend = Backend::new(config, client_builder().build()?, Arc::new(SystemClock))?;
    assert!(!format!("{backend:?}").contains(SECRET));
    Ok(())
}
