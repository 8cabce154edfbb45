//! Who speaks to a server with two tenants: operators, a viewer, a backend, and adapters of both.

use anyhow::{Context, Result, ensure};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

use crate::harness::{DAEMON_KEY, SECRET, Server};

pub const ADAPTER_SECRET: &str = "an-adapter-secret-of-more-than-thirty-two-bytes";

/// A token of an adapter in a tenant, with the capability `exec`.
pub fn token(adapter: &str, tenant: &str, secret: &str) -> String {
    let claims = json!({
        "type": "adapter", "adapter_id": adapter, "tenant_id": tenant, "workspace_id": "main",
        "allowed_capabilities": ["exec"], "iat": now(), "exp": now() + 3_600,
    });
    let key = EncodingKey::from_secret(secret.as_bytes());
    encode(&Header::new(Algorithm::HS256), &claims, &key).expect("claims have a JSON form")
}

fn now() -> i64 {
    clasper_core::Clock::now(&clasper_core::SystemClock).timestamp()
}

/// Everybody's credentials.
#[derive(Clone)]
pub struct People {
    http: reqwest::Client,
    base: String,
    adapter: String,
    neighbour: String,
    stranger: String,
    manager: String,
    second_manager: String,
    viewer: String,
    foreigner: String,
    backend: String,
}

impl People {
    /// Makes the tenants `acme` and `other`, their keys and adapters, and `rules` for `acme`.
    pub async fn settle(server: &Server, rules: &str) -> Result<Self> {
        for tenant in ["acme", "other"] {
            let body = json!({"tenant_id": tenant, "name": tenant});
            let (status, answer) = server.post("/tenants", &body).await?;
            ensure!(status < 300, "POST /tenants: {status} {answer}");
        }
        let backend = json!({"user_id": "u1", "tenant_id": "acme", "permissions": ["task:create"], "exp": now() + 3_600});
        let backend = encode(
            &Header::new(Algorithm::HS256),
            &backend,
            &EncodingKey::from_secret(SECRET.as_bytes()),
        )?;
        let people = Self {
            http: server.http.clone(),
            base: server.base.clone(),
            adapter: token("mallory", "acme", ADAPTER_SECRET),
            neighbour: token("neighbour", "acme", ADAPTER_SECRET),
            stranger: token("mallory", "other", ADAPTER_SECRET),
            manager: key(server, "acme", "release_manager").await?,
            second_manager: key(server, "acme", "release_manager").await?,
            viewer: key(server, "acme", "viewer").await?,
            foreigner: key(server, "other", "admin").await?,
            backend,
        };
        for (token, adapter) in [
            (&people.adapter, "mallory"),
            (&people.neighbour, "neighbour"),
            (&people.stranger, "mallory"),
        ] {
            let body = json!({"adapter_id": adapter, "display_name": adapter, "risk_class": "low", "version": "1",
                "enabled": true, "capabilities": ["exec", "gateway"]});
            let (status, answer) = people
                .as_adapter(token, "/adapters/register", &body)
                .await?;
            ensure!(status == 200, "POST /adapters/register: {status} {answer}");
        }
        let request = server
            .http
            .post(format!("{}/ops/api/policies", server.base));
        let request = request
            .header("X-Agent-Daemon-Key", DAEMON_KEY)
            .header("X-Tenant-ID", "acme")
            .header("Content-Type", "application/yaml");
        let saved = request.body(rules.to_owned()).send().await?;
        ensure!(saved.status().is_success(), "{}", saved.text().await?);
        Ok(people)
    }

    /// The same people before another server of the same database.
    pub fn before(&self, server: &Server) -> Self {
        Self {
            base: server.base.clone(),
            ..self.clone()
        }
    }

    /// One of the two release managers says what becomes of a decision.
    pub async fn resolve(
        &self,
        manager: usize,
        decision: &str,
        action: &str,
    ) -> Result<(u16, Value)> {
        let manager = [&self.manager, &self.second_manager][manager % 2];
        let path = format!("/ops/api/decisions/{decision}/resolve");
        self.as_person(manager, &path, &json!({"action": action}))
            .await
    }

    /// The adapter asks to execute.
    pub async fn adapter(&self, body: &Value) -> Result<(u16, Value)> {
        self.as_adapter(&self.adapter, "/api/execution/request", body)
            .await
    }

    /// The adapter reads.
    pub async fn adapter_get(&self, path: &str) -> Result<(u16, Value)> {
        let request = self.http.get(format!("{}{path}", self.base));
        let request = request.header("X-Adapter-Token", &self.adapter);
        read(request.send().await?).await
    }

    /// The adapter posts nothing to a path.
    pub async fn adapter_post(&self, path: &str) -> Result<(u16, Value)> {
        self.as_adapter(&self.adapter, path, &json!({})).await
    }

    /// The adapter posts where people do.
    pub async fn with_token(&self, path: &str, body: &Value) -> Result<(u16, Value)> {
        self.as_adapter(&self.adapter, path, body).await
    }

    /// Another adapter of the tenant asks.
    pub async fn neighbour(&self, body: &Value) -> Result<(u16, Value)> {
        self.as_adapter(&self.neighbour, "/api/execution/request", body)
            .await
    }

    /// Another adapter of the tenant posts.
    pub async fn neighbour_post(&self, path: &str) -> Result<(u16, Value)> {
        self.as_adapter(&self.neighbour, path, &json!({})).await
    }

    /// An adapter of the same name in another tenant posts.
    pub async fn stranger_post(&self, path: &str) -> Result<(u16, Value)> {
        self.as_adapter(&self.stranger, path, &json!({})).await
    }

    /// Somebody signs the adapter's token with a secret of their own.
    pub async fn forged(&self, body: &Value, secret: &str, tenant: &str) -> Result<(u16, Value)> {
        let token = token("mallory", tenant, secret);
        self.as_adapter(&token, "/api/execution/request", body)
            .await
    }

    /// Somebody says that the token needs no signature.
    pub async fn unsigned(&self, body: &Value) -> Result<(u16, Value)> {
        let (_, rest) = self.adapter.split_once('.').context("a token")?;
        let (claims, _) = rest.split_once('.').context("a token")?;
        // {"alg":"none","typ":"JWT"}
        let token = format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{claims}.");
        self.as_adapter(&token, "/api/execution/request", body)
            .await
    }

    /// The tenant's backend posts with its own token.
    pub async fn backend(&self, path: &str, body: &Value) -> Result<(u16, Value)> {
        self.as_person(&self.backend, path, body).await
    }

    /// Somebody who may only look.
    pub async fn viewer(&self, path: &str, body: &Value) -> Result<(u16, Value)> {
        self.as_person(&self.viewer, path, body).await
    }

    /// The other tenant's administrator.
    pub async fn foreigner(&self, path: &str, body: &Value) -> Result<(u16, Value)> {
        self.as_person(&self.foreigner, path, body).await
    }

    /// The release manager approves.
    pub async fn approve(&self, decision: &str) -> Result<()> {
        let path = format!("/ops/api/decisions/{decision}/resolve");
        let body = json!({"action": "approve"});
        let (status, answer) = self.as_person(&self.manager, &path, &body).await?;
        ensure!(status == 200, "resolve: {status} {answer}");
        Ok(())
    }

    /// The release manager reads.
    pub async fn operator_get(&self, path: &str) -> Result<(u16, Value)> {
        let request = self.http.get(format!("{}{path}", self.base));
        read(request.bearer_auth(&self.manager).send().await?).await
    }

    async fn as_person(&self, token: &str, path: &str, body: &Value) -> Result<(u16, Value)> {
        let request = self.http.post(format!("{}{path}", self.base));
        read(request.bearer_auth(token).json(body).send().await?).await
    }

    async fn as_adapter(&self, token: &str, path: &str, body: &Value) -> Result<(u16, Value)> {
        let request = self.http.post(format!("{}{path}", self.base));
        let request = request.header("X-Adapter-Token", token);
        read(request.json(body).send().await?).await
    }
}

pub async fn key(server: &Server, tenant: &str, role: &str) -> Result<String> {
    let body = json!({"name": role, "role": role});
    let (status, answer) = server
        .post(&format!("/tenants/{tenant}/keys"), &body)
        .await?;
    ensure!(
        status < 300,
        "POST /tenants/{tenant}/keys: {status} {answer}"
    );
    Ok(answer["secret"]
        .as_str()
        .with_context(|| answer.to_string())?
        .to_owned())
}

async fn read(answer: reqwest::Response) -> Result<(u16, Value)> {
    let status = answer.status().as_u16();
    let text = answer.text().await?;
    Ok((
        status,
        serde_json::from_str(&text).unwrap_or(Value::String(text)),
    ))
}
