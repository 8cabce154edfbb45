//! What the demo needs beside the server: a client of it, and its files.

pub mod files;

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// A client of the demo's own server.
pub struct Demo {
    /// The server's base URL.
    pub base: String,
    /// The daemon key.
    pub key: String,
    http: reqwest::Client,
}

impl Demo {
    /// A client with the daemon key.
    pub fn new(address: SocketAddr, key: &str) -> Result<Self> {
        let http = reqwest::Client::builder()
            .timeout(Duration::from_mins(1))
            .no_proxy()
            .build();
        Ok(Self {
            base: format!("http://{address}"),
            key: key.to_owned(),
            http: http.context("the HTTP client")?,
        })
    }

    /// Posts JSON and reads the answer.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        self.send(
            self.http.post(format!("{}{path}", self.base)).json(body),
            path,
        )
        .await
    }

    /// Gets JSON.
    pub async fn get(&self, path: &str) -> Result<Value> {
        self.send(self.http.get(format!("{}{path}", self.base)), path)
            .await
    }

    async fn send(&self, request: reqwest::RequestBuilder, path: &str) -> Result<Value> {
        let answer = request
            .header("X-Agent-Daemon-Key", &self.key)
            .send()
            .await
            .with_context(|| path.to_owned())?;
        let status = answer.status();
        let body: Value = answer
            .json()
            .await
            .with_context(|| format!("{path} answered no JSON"))?;
        if !status.is_success() {
            let detail = body
                .get("detail")
                .and_then(Value::as_str)
                .unwrap_or("no detail");
            bail!("{path} answered {status}: {detail}");
        }
        Ok(body)
    }
}
