//! A backend with a fixed clock and counted ids, and a client that speaks to its router.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use anyhow::{Context, Result};
use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Method, Request, StatusCode},
};
use chrono::{DateTime, Utc};
use example_backend::{Backend, BackendConfig, Database};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};
use tower::ServiceExt;
use uuid::Uuid;

pub const SECRET: &str = "the secret of the tests, long enough";
pub const NOW: i64 = 1_800_000_000;
pub const TASKS: &str = "/api/mission-control/tasks";
pub const MESSAGES: &str = "/api/mission-control/messages";
pub const DOCUMENTS: &str = "/api/mission-control/documents";

/// The configuration of a test; `first_id` keeps the ids of a second process apart from those of the first.
pub fn config(database: Database, first_id: u64) -> BackendConfig {
    let next = Arc::new(AtomicU64::new(first_id));
    BackendConfig {
        database,
        agent_jwt_secret: SECRET.into(),
        clock: Arc::new(|| DateTime::<Utc>::from_timestamp(NOW, 0).unwrap_or_default()),
        ids: Arc::new(move || Uuid::from_u128(u128::from(next.fetch_add(1, Ordering::Relaxed)))),
    }
}

pub async fn in_memory() -> Result<Backend> {
    Ok(Backend::open(config(Database::Memory, 1)).await?)
}

pub async fn in_file(path: &Path, first_id: u64) -> Result<Backend> {
    Ok(Backend::open(config(Database::File(path.to_owned()), first_id)).await?)
}

/// The claims of a good token.
pub fn claims(user: &str) -> Value {
    json!({ "type": "agent", "user_id": user, "agent_role": "writer", "sub": "clasper:writer", "iat": NOW, "exp": NOW + 7200 })
}

pub fn sign(algorithm: Algorithm, claims: &Value, secret: &str) -> Result<String> {
    Ok(encode(
        &Header::new(algorithm),
        claims,
        &EncodingKey::from_secret(secret.as_bytes()),
    )?)
}

/// One user's view of a backend.
#[derive(Clone)]
pub struct Client {
    router: Router,
    token: Option<String>,
}

impl Client {
    pub fn of(backend: &Backend, user: &str) -> Result<Self> {
        let token = sign(Algorithm::HS256, &claims(user), SECRET)?;
        Ok(Self {
            router: backend.router(),
            token: Some(token),
        })
    }

    pub fn with_token(backend: &Backend, token: Option<String>) -> Self {
        Self {
            router: backend.router(),
            token,
        }
    }

    pub async fn get(&self, path: &str) -> Result<(StatusCode, Value)> {
        self.send(Method::GET, path, Body::empty()).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Result<(StatusCode, Value)> {
        self.send(Method::POST, path, Body::from(body.to_string()))
            .await
    }

    pub async fn send(
        &self,
        method: Method,
        path: &str,
        body: Body,
    ) -> Result<(StatusCode, Value)> {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("content-type", "application/json");
        if let Some(token) = &self.token {
            request = request.header("x-agent-token", token);
        }
        let answer = self.router.clone().oneshot(request.body(body)?).await?;
        let status = answer.status();
        let bytes = to_bytes(answer.into_body(), usize::MAX).await?;
        Ok((
            status,
            serde_json::from_slice(&bytes).context("the answer is not JSON")?,
        ))
    }

    /// Posts what must succeed and returns the id.
    pub async fn id_of(&self, path: &str, body: &Value) -> Result<String> {
        let (status, answer) = self.post(path, body).await?;
        anyhow::ensure!(
            status == StatusCode::OK,
            "{path} answered {status}: {answer}"
        );
        Ok(answer["id"]
            .as_str()
            .context("the answer has no id")?
            .to_owned())
    }

    pub async fn task(&self, title: &str) -> Result<String> {
        self.id_of(TASKS, &json!({ "title": title })).await
    }
}

/// A refusal has its status and says why.
pub fn assert_refused(answer: &(StatusCode, Value), status: StatusCode) {
    assert_eq!(answer.0, status, "{}", answer.1);
    assert!(
        answer.1["error"]
            .as_str()
            .is_some_and(|error| !error.is_empty()),
        "{}",
        answer.1
    );
}
