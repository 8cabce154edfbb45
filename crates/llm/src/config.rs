//! What the binary tells this crate; nothing here reads the environment.

use std::time::Duration;

use secrecy::SecretString;

/// How model providers are reached.
#[derive(Debug, Clone)]
pub struct LlmConfig {
    /// The providers' keys.
    pub keys: ProviderKeys,
    /// Other addresses than the providers' own.
    pub base_urls: BaseUrls,
    /// The time a whole answer may take; of a streamed one, the time to its start and between two pieces.
    pub request_timeout: Duration,
    /// The offline provider.
    pub scripted: ScriptedConfig,
}

impl Default for LlmConfig {
    fn default() -> Self {
        Self {
            keys: ProviderKeys::default(),
            base_urls: BaseUrls::default(),
            request_timeout: Duration::from_mins(2),
            scripted: ScriptedConfig::default(),
        }
    }
}

/// The providers' keys. An empty one counts as missing.
#[derive(Debug, Clone, Default)]
pub struct ProviderKeys {
    /// `OPENAI_API_KEY`.
    pub openai: Option<SecretString>,
    /// `ANTHROPIC_API_KEY`.
    pub anthropic: Option<SecretString>,
    /// `GEMINI_API_KEY` (or `GOOGLE_API_KEY`).
    pub google: Option<SecretString>,
    /// `XAI_API_KEY`.
    pub xai: Option<SecretString>,
    /// `GROQ_API_KEY`.
    pub groq: Option<SecretString>,
    /// `MISTRAL_API_KEY`.
    pub mistral: Option<SecretString>,
    /// `OPENROUTER_API_KEY`.
    pub openrouter: Option<SecretString>,
}

/// Addresses of compatible servers, used instead of the providers' own. With or without a trailing slash; a version
/// segment (`/v1`) is added where the path is empty.
#[derive(Debug, Clone, Default)]
pub struct BaseUrls {
    /// `OPENAI_BASE_URL`.
    pub openai: Option<String>,
    /// `ANTHROPIC_BASE_URL`.
    pub anthropic: Option<String>,
    /// `GEMINI_BASE_URL`.
    pub google: Option<String>,
    /// `XAI_BASE_URL`.
    pub xai: Option<String>,
    /// `GROQ_BASE_URL`.
    pub groq: Option<String>,
    /// `MISTRAL_BASE_URL`.
    pub mistral: Option<String>,
    /// `OPENROUTER_BASE_URL`.
    pub openrouter: Option<String>,
}

/// The offline provider.
#[derive(Debug, Clone)]
pub struct ScriptedConfig {
    /// Whether `scripted/…` models may be asked at all.
    pub enabled: bool,
    /// How long each answer takes.
    pub delay: Duration,
}

impl Default for ScriptedConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            delay: Duration::ZERO,
        }
    }
}
