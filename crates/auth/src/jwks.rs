//! An issuer's public keys: fetched, kept, and fetched again when they grow old or a token names a new one.

use std::error::Error;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use reqwest::{Client, StatusCode};
use tokio::sync::Mutex;

use clasper_core::{Clock, Timestamp};
use clasper_identity::AuthError;

use crate::config::JwksConfig;
use crate::key_set::KeySet;

/// Fetches start at least this far apart, so that made-up key ids cannot turn us against the issuer.
const FETCH_PAUSE: Duration = Duration::from_secs(10);
/// How long a fetch may take.
const FETCH_TIMEOUT: Duration = Duration::from_secs(5);
/// How long keys past their refresh stay good while the issuer does not answer. After that its tokens are refused: keys
/// that nobody can withdraw must not be trusted for ever.
const GRACE: Duration = Duration::from_hours(1);
/// The largest key set read, in bytes.
const MAX_BYTES: usize = 256 * 1024;

pub(crate) struct Jwks {
    config: JwksConfig,
    client: Client,
    clock: Arc<dyn Clock>,
    held: RwLock<Option<Arc<Held>>>,
    /// Locked while a fetch runs, so that one runs at a time.
    last: Mutex<LastFetch>,
}

struct Held {
    keys: KeySet,
    fetched_at: Timestamp,
}

#[derive(Default)]
struct LastFetch {
    started_at: Option<Timestamp>,
    succeeded: bool,
}

/// Why a fetch brought nothing. The answer's body is never part of it.
#[derive(Debug, thiserror::Error)]
enum FetchError {
    #[error("the request failed")]
    Request(#[from] reqwest::Error),
    #[error("the answer's status is {0}, not 200")]
    Status(StatusCode),
    #[error("the answer came from another address")]
    Redirected,
    #[error("the answer is larger than 256 KiB")]
    TooLarge,
    #[error("the answer holds no key that can verify signatures")]
    NoKeys,
}

impl Jwks {
    pub(crate) fn new(config: JwksConfig, client: Client, clock: Arc<dyn Clock>) -> Self {
        Self {
            config,
            client,
            clock,
            held: RwLock::new(None),
            last: Mutex::new(LastFetch::default()),
        }
    }

    /// Makes `validation` ask for the configured issuer and audience.
    pub(crate) fn expect_issuer(&self, validation: &mut Validation) {
        if let Some(issuer) = &self.config.issuer {
            validation.set_issuer(&[issuer]);
            validation.required_spec_claims.insert("iss".to_owned());
        }
        if let Some(audience) = &self.config.audience {
            validation.set_audience(&[audience]);
            validation.validate_aud = true;
            validation.required_spec_claims.insert("aud".to_owned());
        }
    }

    /// The key `kid` for `algorithm`. Fresh keys are answered from memory. Keys past their refresh are fetched again by
    /// one request while the others go on with the old ones; an unknown key waits for a fetch.
    pub(crate) async fn key(
        &self,
        kid: &str,
        algorithm: Algorithm,
    ) -> Result<Arc<DecodingKey>, AuthError> {
        let usable = match self.find(kid, algorithm) {
            Some((key, age)) if age < self.config.refresh => return Ok(key),
            other => self.usable(other),
        };
        let mut last = match (usable, self.last.try_lock()) {
            (_, Ok(last)) => last,
            (Some(key), Err(_)) => return Ok(key),
            (None, Err(_)) => self.last.lock().await,
        };
        self.fetch_unless_recent(&mut last).await;
        match self.usable(self.find(kid, algorithm)) {
            Some(key) => Ok(key),
            None if last.succeeded => Err(AuthError::Invalid),
            None => Err(AuthError::KeysUnavailable),
        }
    }

    fn find(&self, kid: &str, algorithm: Algorithm) -> Option<(Arc<DecodingKey>, Duration)> {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        let held = held.as_ref()?;
        let key = held.keys.find(kid, algorithm)?;
        Some((key, self.since(held.fetched_at)))
    }

    fn usable(&self, found: Option<(Arc<DecodingKey>, Duration)>) -> Option<Arc<DecodingKey>> {
        let limit = self.config.refresh.saturating_add(GRACE);
        found.filter(|(_, age)| *age < limit).map(|(key, _)| key)
    }

    /// A clock that was set back makes nothing older than new.
    fn since(&self, then: Timestamp) -> Duration {
        (self.clock.now() - then).to_std().unwrap_or_default()
    }

    async fn fetch_unless_recent(&self, last: &mut LastFetch) {
        let recent = |started_at| self.since(started_at) < FETCH_PAUSE;
        if last.started_at.is_some_and(recent) {
            return;
        }
        // Written before the fetch, so that one whose request was dropped counts, and counts as failed.
        let started_at = self.clock.now();
        *last = LastFetch {
            started_at: Some(started_at),
            succeeded: false,
        };
        match self.fetch().await {
            Ok(keys) => {
                let held = Held {
                    keys,
                    fetched_at: started_at,
                };
                *self.held.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(held));
                last.succeeded = true;
            }
            Err(error) => {
                let host = self.config.url.host_str().unwrap_or_default();
                let cause = error.source().map(tracing::field::display);
                tracing::warn!(host, %error, cause, "the issuer's keys could not be fetched");
            }
        }
    }

    async fn fetch(&self) -> Result<KeySet, FetchError> {
        let request = self.client.get(self.config.url.clone());
        let mut answer = request.timeout(FETCH_TIMEOUT).send().await?;
        // Whether redirects are followed is the client's affair; what they lead to is not trusted either way.
        if *answer.url() != self.config.url {
            return Err(FetchError::Redirected);
        }
        if answer.status() != StatusCode::OK {
            return Err(FetchError::Status(answer.status()));
        }
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await? {
            if body.len() + chunk.len() > MAX_BYTES {
                return Err(FetchError::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        KeySet::parse(&body).ok_or(FetchError::NoKeys)
    }
}
