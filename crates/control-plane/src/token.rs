//! Agent tokens: minted per user, role and tenant, and used again until shortly before they expire.

use std::sync::Arc;

use chrono::TimeDelta;
use clasper_core::{Clock, TenantId, Timestamp, UserId};
use clasper_runtime::backend::AgentIdentity;
use jsonwebtoken::{EncodingKey, Header};
use moka::sync::Cache;
use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;

use crate::config::{AgentAlgorithm, ConfigError};

const MIN_SECRET_BYTES: usize = 32;
/// How long a token is valid.
const VALIDITY: TimeDelta = TimeDelta::hours(2);
/// How long it is used: half an hour remains for slow calls and clocks that differ.
const USE: TimeDelta = TimeDelta::minutes(90);
const MAX_TOKENS: u64 = 10_000;

pub(crate) struct AgentTokens {
    header: Header,
    key: EncodingKey,
    minted: Cache<Holder, Token>,
    clock: Arc<dyn Clock>,
}

#[derive(PartialEq, Eq, Hash)]
struct Holder {
    user: UserId,
    role: Box<str>,
    tenant: TenantId,
}

#[derive(Clone)]
struct Token {
    value: HeaderValue,
    issued_at: Timestamp,
}

#[derive(Serialize)]
struct Claims<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    user_id: &'a str,
    agent_role: &'a str,
    sub: String,
    tenant_id: &'a str,
    iat: i64,
    exp: i64,
}

impl AgentTokens {
    pub fn new(
        secret: &SecretString,
        algorithm: AgentAlgorithm,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ConfigError> {
        let secret = secret.expose_secret().as_bytes();
        if secret.len() < MIN_SECRET_BYTES {
            return Err(ConfigError::WeakSecret {
                min_bytes: MIN_SECRET_BYTES,
            });
        }
        Ok(Self {
            header: Header::new(algorithm.to_jwt()),
            key: EncodingKey::from_secret(secret),
            minted: Cache::new(MAX_TOKENS),
            clock,
        })
    }

    /// The header value for an agent, marked sensitive so that no HTTP layer prints it.
    pub fn of(&self, agent: &AgentIdentity) -> HeaderValue {
        let holder = Holder {
            user: agent.user.clone(),
            role: agent.role.as_str().into(),
            tenant: agent.tenant.clone(),
        };
        let now = self.clock.now();
        if let Some(token) = self.minted.get(&holder) {
            let age = now - token.issued_at;
            // A token from the future comes from a clock set back; backends refuse it.
            if age >= TimeDelta::zero() && age < USE {
                return token.value;
            }
        }
        let value = self.mint(agent, now);
        let token = Token {
            value: value.clone(),
            issued_at: now,
        };
        self.minted.insert(holder, token);
        value
    }

    fn mint(&self, agent: &AgentIdentity, now: Timestamp) -> HeaderValue {
        let claims = Claims {
            kind: "agent",
            user_id: agent.user.as_str(),
            agent_role: &agent.role,
            sub: format!("clasper:{}", agent.role),
            tenant_id: agent.tenant.as_str(),
            iat: now.timestamp(),
            exp: (now + VALIDITY).timestamp(),
        };
        let token = jsonwebtoken::encode(&self.header, &claims, &self.key)
            .expect("strings and integers serialize, and an HMAC key signs anything");
        let mut value = HeaderValue::try_from(token).expect("a token is base64url and full stops");
        value.set_sensitive(true);
        value
    }
}
