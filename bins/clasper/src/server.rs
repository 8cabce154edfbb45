//! The server, over HTTP.

use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use reqwest::{Client, Method, Url};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

/// The longest a download may take.
const LONGEST: Duration = Duration::from_hours(24);

/// A server and the credential to ask it with.
pub struct Server {
    base: Url,
    key: SecretString,
    http: Client,
}

impl Server {
    /// The server at `url`.
    pub fn new(url: &str, key: Option<SecretString>) -> Result<Self> {
        let key = key.context(
            "no credential: set CLASPER_API_KEY to an API key (clasperd key create --tenant … --role admin)",
        )?;
        // Another part of the process may have installed it already, which is as good.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        Ok(Self {
            base: Url::parse(url).with_context(|| format!("{url:?} is not a URL"))?,
            key,
            http: Client::builder().timeout(Duration::from_mins(1)).build()?,
        })
    }

    /// Asks and returns the JSON of the answer.
    pub async fn get(&self, path: &str) -> Result<Value> {
        self.send(Method::GET, path, None).await
    }

    /// Sends `body` and returns the JSON of the answer.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        self.send(Method::POST, path, Some(body)).await
    }

    /// Puts `body` there and returns the JSON of the answer.
    pub async fn put(&self, path: &str, body: &Value) -> Result<Value> {
        self.send(Method::PUT, path, Some(body)).await
    }

    /// Takes away what is there and returns the JSON of the answer.
    pub async fn delete(&self, path: &str) -> Result<Value> {
        self.send(Method::DELETE, path, None).await
    }

    /// Fetches what is there to a new file, readable by its owner alone; its length.
    pub async fn download(&self, path: &str, to: &Path) -> Result<u64> {
        let request = self
            .http
            .get(self.base.join(path)?)
            .bearer_auth(self.key.expose_secret())
            .timeout(LONGEST);
        let mut answer = request.send().await?.error_for_status()?;
        let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty());
        let mut file = tempfile::NamedTempFile::new_in(folder.unwrap_or(Path::new(".")))?;
        let mut bytes = 0;
        while let Some(piece) = answer.chunk().await? {
            file.write_all(&piece)?;
            bytes += piece.len() as u64;
        }
        file.as_file().sync_all()?;
        file.persist_noclobber(to).map_err(|error| error.error)?;
        Ok(bytes)
    }

    async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value> {
        let url = self.base.join(path)?;
        let mut request = self
            .http
            .request(method, url)
            .bearer_auth(self.key.expose_secret());
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await.with_context(|| {
            format!(
                "{} cannot be reached: is clasperd running there? (--url)",
                self.base
            )
        })?;
        let status = answer.status();
        let text = answer.text().await.context("the answer broke off")?;
        let value: Value = serde_json::from_str(&text).unwrap_or(Value::Null);
        if status.is_success() {
            return Ok(value);
        }
        let said = value["detail"]
            .as_str()
            .unwrap_or("the server gave no reason");
        let faults = value["errors"].as_array().into_iter().flatten();
        let mut message = format!("{status}: {said}");
        for fault in faults {
            let at = fault["pointer"].as_str().unwrap_or_default();
            let what = fault["detail"].as_str().unwrap_or_default();
            message.push_str("\n  ");
            message.push_str(at);
            message.push_str(": ");
            message.push_str(what);
        }
        bail!(message)
    }
}
