//! What a backend connection is configured with, and why a configuration is refused.

use std::str::FromStr;
use std::time::Duration;

use jsonwebtoken::Algorithm;
use secrecy::SecretString;

/// Where the backend is and how it is called.
#[derive(Debug, Clone)]
pub struct BackendConfig {
    /// Its address; may have a path that all calls begin with.
    pub base_url: String,
    /// The secret shared with it, at least 32 bytes, that signs agent tokens.
    pub agent_jwt_secret: SecretString,
    /// How agent tokens are signed.
    pub algorithm: AgentAlgorithm,
    /// The longest one attempt of a call may take, answer included.
    pub timeout: Duration,
    /// How failures that may pass are tried again.
    pub retry: RetryConfig,
    /// The largest answer read.
    pub max_response_bytes: usize,
}

impl BackendConfig {
    /// The defaults for an address and a secret: HS256, 30 seconds, three attempts, answers up to one mebibyte.
    #[must_use]
    pub fn new(base_url: &str, agent_jwt_secret: SecretString) -> Self {
        Self {
            base_url: base_url.to_owned(),
            agent_jwt_secret,
            algorithm: AgentAlgorithm::default(),
            timeout: Duration::from_secs(30),
            retry: RetryConfig::default(),
            max_response_bytes: 1024 * 1024,
        }
    }
}

/// How often and when a failed call is tried again.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RetryConfig {
    /// Attempts in all; 0 counts as 1.
    pub attempts: u32,
    /// The pause before the second attempt; every further one is twice as long.
    pub delay: Duration,
    /// The longest pause.
    pub max_delay: Duration,
    /// By which fraction a pause may be shorter or longer, 0 to 1.
    pub jitter: f64,
}

impl Default for RetryConfig {
    fn default() -> Self {
        Self {
            attempts: 3,
            delay: Duration::from_secs(1),
            max_delay: Duration::from_secs(30),
            jitter: 0.1,
        }
    }
}

/// A signature of agent tokens: HMAC with SHA-2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AgentAlgorithm {
    /// HMAC with SHA-256.
    #[default]
    Hs256,
    /// HMAC with SHA-384.
    Hs384,
    /// HMAC with SHA-512.
    Hs512,
}

impl AgentAlgorithm {
    pub(crate) const fn to_jwt(self) -> Algorithm {
        match self {
            Self::Hs256 => Algorithm::HS256,
            Self::Hs384 => Algorithm::HS384,
            Self::Hs512 => Algorithm::HS512,
        }
    }
}

/// The name is not that of a signature agent tokens may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a signature of agent tokens: expected HS256, HS384 or HS512")]
pub struct UnknownAlgorithm;

impl FromStr for AgentAlgorithm {
    type Err = UnknownAlgorithm;

    fn from_str(text: &str) -> Result<Self, UnknownAlgorithm> {
        match text {
            "HS256" => Ok(Self::Hs256),
            "HS384" => Ok(Self::Hs384),
            "HS512" => Ok(Self::Hs512),
            _ => Err(UnknownAlgorithm),
        }
    }
}

/// Why a configuration is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The address is not a plain `http` or `https` URL.
    #[error("the backend's address must be an http or https URL without user, query or fragment")]
    Address,
    /// The secret is too short to sign with.
    #[error("the agent token secret must be at least {min_bytes} bytes long")]
    WeakSecret {
        /// The least length.
        min_bytes: usize,
    },
    /// The jitter is not a fraction.
    #[error("the retry jitter must be between 0 and 1")]
    Jitter,
}
