//! The way to the server: one request, sent again while that may help.

use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use backon::{ExponentialBuilder, Retryable};
use reqwest::header::{HeaderMap, HeaderValue};
use reqwest::{Client, Method, RequestBuilder, Response};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::blocked::{Fault, SetupError};
use crate::settings::{Retries, Settings};

/// The longest answer that is read, in bytes.
const LONGEST: usize = 1024 * 1024;

/// The server's door.
pub(crate) struct Door {
    client: Client,
    server: String,
    timeout: Duration,
    retries: Retries,
    token: RwLock<HeaderValue>,
}

/// One request.
#[derive(Debug, Clone)]
pub(crate) struct Knock<'a, B> {
    pub(crate) method: Method,
    pub(crate) path: &'a str,
    pub(crate) body: Option<&'a B>,
    /// How much longer than usual it may take, because the server was told to wait.
    pub(crate) patience: Duration,
    /// Whether the same request twice is as good as once.
    pub(crate) is_repeatable: bool,
}

/// An answer, and whether an attempt before it may have reached the server without our knowing.
#[derive(Debug)]
pub(crate) struct Heard<T> {
    pub(crate) answer: T,
    pub(crate) is_repeated: bool,
}

fn header(token: &SecretString) -> Result<HeaderValue, SetupError> {
    let mut value = HeaderValue::from_str(token.expose_secret()).map_err(|_| SetupError::Token)?;
    value.set_sensitive(true);
    Ok(value)
}

impl Door {
    pub(crate) fn new(settings: &Settings, token: &SecretString) -> Result<Self, SetupError> {
        // A redirect could carry the token to somebody else.
        let client = Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(SetupError::Client)?;
        Ok(Self {
            client,
            server: settings.server.clone(),
            timeout: settings.timeout,
            retries: settings.retries,
            token: RwLock::new(header(token)?),
        })
    }

    /// Goes on with another token.
    pub(crate) fn adopt(&self, token: &SecretString) -> Result<(), SetupError> {
        let value = header(token)?;
        *self.token.write().unwrap_or_else(PoisonError::into_inner) = value;
        Ok(())
    }

    pub(crate) async fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        patience: Duration,
    ) -> Result<T, Fault> {
        let knock = Knock::<Value> {
            method: Method::GET,
            path,
            body: None,
            patience,
            is_repeatable: true,
        };
        Ok(self.ask(knock).await?.answer)
    }

    pub(crate) async fn post<B: Serialize + Sync, T: DeserializeOwned>(
        &self,
        path: &str,
        body: &B,
    ) -> Result<Heard<T>, Fault> {
        self.ask(Knock {
            method: Method::POST,
            path,
            body: Some(body),
            patience: Duration::ZERO,
            is_repeatable: true,
        })
        .await
    }

    pub(crate) async fn ask<B: Serialize + Sync, T: DeserializeOwned>(
        &self,
        knock: Knock<'_, B>,
    ) -> Result<Heard<T>, Fault> {
        let further = if knock.is_repeatable {
            self.retries.attempts.saturating_sub(1)
        } else {
            0
        };
        let pauses = ExponentialBuilder::default()
            .with_min_delay(self.retries.first_pause)
            .with_max_delay(self.retries.longest_pause)
            .with_max_times(further)
            .with_jitter();
        let mut is_repeated = false;
        let once = || self.once(&knock);
        let answer = once
            .retry(pauses)
            .when(Fault::is_passing)
            .notify(|_, _| is_repeated = true)
            .await?;
        Ok(Heard {
            answer,
            is_repeated,
        })
    }

    async fn once<B: Serialize + Sync, T: DeserializeOwned>(
        &self,
        knock: &Knock<'_, B>,
    ) -> Result<T, Fault> {
        let response = self.request(knock).send().await.map_err(without_address)?;
        let status = response.status().as_u16();
        let text = read(response).await?;
        if status != 200 && status != 201 {
            return Err(refusal(status, &text));
        }
        serde_json::from_slice(&text).map_err(|error| {
            Fault::Unexpected(format!("{} answered something else: {error}", knock.path))
        })
    }

    fn request<B: Serialize>(&self, knock: &Knock<'_, B>) -> RequestBuilder {
        let token = self.token.read().unwrap_or_else(PoisonError::into_inner);
        let headers: HeaderMap = [(
            reqwest::header::HeaderName::from_static("x-adapter-token"),
            token.clone(),
        )]
        .into_iter()
        .collect();
        let url = format!("{}{}", self.server, knock.path);
        let request = self
            .client
            .request(knock.method.clone(), url)
            .headers(headers)
            .timeout(self.timeout.saturating_add(knock.patience));
        match knock.body {
            Some(body) => request.json(body),
            None => request,
        }
    }
}

/// Addresses may carry what is nobody's business.
fn without_address(error: reqwest::Error) -> Fault {
    Fault::Unreachable(error.without_url())
}

async fn read(mut response: Response) -> Result<Vec<u8>, Fault> {
    let mut text = Vec::new();
    while let Some(part) = response.chunk().await.map_err(without_address)? {
        if text.len() + part.len() > LONGEST {
            return Err(Fault::Unexpected("it is longer than any answer".to_owned()));
        }
        text.extend_from_slice(&part);
    }
    Ok(text)
}

/// A problem (RFC 9457), or whatever stands in its place.
fn refusal(status: u16, text: &[u8]) -> Fault {
    let problem: Value = serde_json::from_slice(text).unwrap_or_default();
    let member = |name: &str| problem[name].as_str().map(str::to_owned);
    Fault::Refused {
        status,
        code: member("code").unwrap_or_else(|| "unknown".to_owned()),
        detail: member("detail").unwrap_or_else(|| "no detail was given".to_owned()),
    }
}

/// A secret in an answer: it is nowhere printed.
pub(crate) fn secret<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<SecretString>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    Ok(text.map(Into::into))
}
