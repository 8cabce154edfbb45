//! The sections of the configuration, one per subsystem, with their defaults.

use std::path::PathBuf;

use schemars::JsonSchema;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A secret. It is never printed: `config show` writes `********`.
#[derive(Debug, Clone, JsonSchema)]
#[schemars(transparent)]
pub struct Secret(#[schemars(with = "String")] pub SecretString);

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(if self.0.expose_secret().is_empty() {
            ""
        } else {
            "********"
        })
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self(text.into()))
    }
}

/// The HTTP server and its limits.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ServerSection {
    /// Where to listen, `host:port`. Only loopback is reachable from this machine alone.
    pub listen: String,
    /// The largest request body, in bytes.
    pub body_limit_bytes: usize,
    /// The longest a request may take until its response begins, in milliseconds.
    pub request_timeout_ms: u64,
    /// Requests served at once; more are answered 503.
    pub max_concurrent: usize,
    /// Requests per second and credential; 0 switches the limit off.
    pub rate_limit_per_second: u32,
    /// Requests that a credential may make at once above its rate.
    pub rate_limit_burst: u32,
    /// How long a shutdown waits for open runs before it cancels them, in milliseconds.
    pub drain_timeout_ms: u64,
}

impl Default for ServerSection {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:8081".into(),
            body_limit_bytes: 1024 * 1024,
            request_timeout_ms: 180_000,
            max_concurrent: 1024,
            rate_limit_per_second: 5_000,
            rate_limit_burst: 10_000,
            drain_timeout_ms: 30_000,
        }
    }
}

/// What to do about missing migrations when the server starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MigrationMode {
    /// Run them.
    OnStart,
    /// Refuse to start and name the command.
    Refuse,
}

/// The database.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DatabaseSection {
    /// `sqlite://path?mode=rwc` or `postgres://user@host/database`.
    pub url: Secret,
    /// Connections that read.
    pub readers: u32,
    /// What to do about missing migrations.
    pub migrate: MigrationMode,
}

impl Default for DatabaseSection {
    fn default() -> Self {
        Self {
            url: Secret("sqlite://clasper.db?mode=rwc".to_owned().into()),
            readers: 4,
            migrate: MigrationMode::OnStart,
        }
    }
}

/// Secrets, and who may call.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CredentialSection {
    /// Verifies tenants' tokens and signs the tokens that the backend sees; at least 32 bytes.
    pub agent_jwt_secret: Option<Secret>,
    /// Algorithm of the tokens that the backend sees: HS256, HS384 or HS512.
    pub agent_jwt_algorithm: String,
    /// Verifies adapters' tokens; at least 32 bytes and no other secret of this server. Without it adapters are refused.
    pub adapter_jwt_secret: Option<Secret>,
    /// The longest time from `iat` to `exp` of an adapter's token, in seconds.
    pub adapter_token_life_secs: u32,
    /// The key of trusted backends (`X-Agent-Daemon-Key`); at least 32 bytes.
    pub daemon_key: Option<Secret>,
    /// Where the public keys of tenants' tokens are published (JWKS).
    pub jwks_url: Option<String>,
    /// The issuer that such tokens must name.
    pub jwt_issuer: Option<String>,
    /// The audience that such tokens must name.
    pub jwt_audience: Option<String>,
    /// The tenant that the daemon key acts for when it names none.
    pub local_tenant: String,
    /// Whether a tenant named by a proven credential is created on first use; otherwise only operators create tenants.
    pub create_tenants_on_first_use: bool,
}

impl Default for CredentialSection {
    fn default() -> Self {
        Self {
            agent_jwt_secret: None,
            agent_jwt_algorithm: "HS256".into(),
            adapter_jwt_secret: None,
            adapter_token_life_secs: 86_400,
            daemon_key: None,
            jwks_url: None,
            jwt_issuer: None,
            jwt_audience: None,
            local_tenant: "local".into(),
            create_tenants_on_first_use: true,
        }
    }
}

/// The signed audit log.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AuditSection {
    /// The Ed25519 seed that signs checkpoints, 64 hexadecimal digits. Without it one is generated once and kept sealed in the database.
    /// Another than before takes its place; the former stays listed as retired.
    pub signing_key: Option<Secret>,
    /// What this installation calls its logs, best a host name of its own: `<log_name>/audit/log/<tenant>` stands on every checkpoint. It
    /// cannot be changed once a log is signed.
    pub log_name: String,
}

impl AuditSection {
    /// The configured seed; `None` without one.
    pub fn seed(&self) -> anyhow::Result<Option<[u8; 32]>> {
        let text = self.signing_key.as_ref().map(|key| key.0.expose_secret());
        let Some(text) = text.filter(|text| !text.is_empty()) else {
            return Ok(None);
        };
        let mut seed = [0; 32];
        // What is wrong with it is not said: the error would show parts of it.
        hex::decode_to_slice(text, &mut seed)
            .map_err(|_| anyhow::anyhow!("audit.signing_key is not 64 hexadecimal digits"))?;
        Ok(Some(seed))
    }
}

impl Default for AuditSection {
    fn default() -> Self {
        Self {
            signing_key: None,
            log_name: "clasper.local".into(),
        }
    }
}

/// The backend that agents work for.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct BackendSection {
    /// Its base URL.
    pub url: String,
    /// The longest one call may take, in milliseconds.
    pub timeout_ms: u64,
}

impl Default for BackendSection {
    fn default() -> Self {
        Self {
            url: "http://localhost:8000".into(),
            timeout_ms: 30_000,
        }
    }
}

/// Agent runs.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AgentSection {
    /// The folder with the agents' files.
    pub workspace: PathBuf,
    /// Title of the task for messages that name none.
    pub default_task: Option<String>,
    /// The folder that agents of a workspace may work in on the adapters' machines, for policies that name
    /// `{{workspace.root}}`; `{workspace_id}` stands for the workspace. Without it such policies never allow.
    pub execution_root: Option<String>,
    /// How long a canary that was asked for and denied proves that an adapter is governed, in seconds.
    pub canary_window_secs: u32,
    /// Most model and tool calls of a run, together.
    pub max_steps: u32,
    /// Most tokens that one model call may produce.
    pub max_output_tokens: u32,
    /// Sampling temperature, 0 to 2.
    pub temperature: f64,
    /// The longest a run may take, in milliseconds.
    pub run_timeout_ms: u64,
    /// The longest a message waits for money held for other runs, in milliseconds.
    pub budget_wait_ms: u64,
    /// Attempts of a model call, the first included.
    pub retry_attempts: u32,
    /// Pause after the first failure, in milliseconds; it doubles with each further one.
    pub retry_delay_ms: u64,
    /// The longest pause, in milliseconds.
    pub retry_max_delay_ms: u64,
    /// How far pauses are spread, as a fraction of themselves.
    pub retry_jitter: f64,
    /// The share of the context window, in per cent, above which a warning is given.
    pub context_warning_percent: u32,
    /// The time zone that agents are told the time in.
    pub time_zone: String,
    /// Whether agents are told the time.
    pub include_time_context: bool,
}

impl Default for AgentSection {
    fn default() -> Self {
        Self {
            workspace: "./workspace".into(),
            default_task: None,
            execution_root: None,
            canary_window_secs: 600,
            max_steps: 16,
            max_output_tokens: 1024,
            temperature: 0.4,
            run_timeout_ms: 120_000,
            budget_wait_ms: 30_000,
            retry_attempts: 3,
            retry_delay_ms: 1_000,
            retry_max_delay_ms: 30_000,
            retry_jitter: 0.1,
            context_warning_percent: 75,
            time_zone: "UTC".into(),
            include_time_context: true,
        }
    }
}

/// Model providers.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LlmSection {
    /// The provider of models that name none.
    pub provider: String,
    /// The model of every run, `model` or `provider/model`.
    pub model: String,
    /// The model that answers when the first one does not.
    pub fallback_model: Option<String>,
    /// The longest one call may take, in milliseconds.
    pub timeout_ms: u64,
    /// Whether the offline provider (`scripted/…`) may be used. It is a stand-in for demos and tests.
    pub allow_scripted: bool,
    /// Keys by provider: openai, anthropic, google, xai, groq, mistral, openrouter.
    pub keys: std::collections::BTreeMap<String, Secret>,
    /// Addresses of compatible servers by provider.
    pub base_urls: std::collections::BTreeMap<String, String>,
}

impl Default for LlmSection {
    fn default() -> Self {
        Self {
            provider: "openai".into(),
            model: "gpt-4o-mini".into(),
            fallback_model: None,
            timeout_ms: 120_000,
            allow_scripted: true,
            keys: std::collections::BTreeMap::new(),
            base_urls: std::collections::BTreeMap::new(),
        }
    }
}

/// Logs and spans.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TelemetrySection {
    /// Which events are logged, such as `info,clasper_store=debug`.
    pub log: String,
    /// `json`, `human`, or `auto`: human on a terminal.
    pub log_format: String,
    /// An OTLP collector's base URL, such as `http://localhost:4318`.
    pub otlp_endpoint: Option<String>,
    /// The share of traces exported, 0 to 1.
    pub sample_ratio: f64,
}

impl Default for TelemetrySection {
    fn default() -> Self {
        Self {
            log: "info".into(),
            log_format: "auto".into(),
            otlp_endpoint: None,
            sample_ratio: 1.0,
        }
    }
}

/// Where callbacks and webhooks may go without TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PlainHttpMode {
    /// Nowhere.
    Refused,
    /// To allowed hosts, and to addresses in allowed networks.
    ToAllowed,
    /// Anywhere.
    Anywhere,
}

/// Callbacks and webhooks.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct WebhookSection {
    /// Signs callbacks (Standard Webhooks): `whsec_…` or `whsk_…`, the current key first, then those that it replaces,
    /// separated by spaces. Without it callbacks are refused.
    pub secret: Option<Secret>,
    /// Networks that may be reached although they are not public, such as `10.20.0.0/16`.
    pub allow_networks: Vec<String>,
    /// Networks that may never be reached, such as one's own public addresses.
    pub deny_networks: Vec<String>,
    /// Names of hosts that may be local and have private addresses.
    pub allow_hosts: Vec<String>,
    /// Ports besides the scheme's own.
    pub allow_ports: Vec<u16>,
    /// Where messages may go without TLS.
    pub plain_http: PlainHttpMode,
    /// The longest one attempt may take, in milliseconds.
    pub timeout_ms: u64,
}

impl Default for WebhookSection {
    fn default() -> Self {
        Self {
            secret: None,
            allow_networks: Vec::new(),
            deny_networks: Vec::new(),
            allow_hosts: Vec::new(),
            allow_ports: Vec::new(),
            plain_http: PlainHttpMode::Refused,
            timeout_ms: 10_000,
        }
    }
}

/// The price of a model, in US dollars per million tokens, as decimal strings.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PriceSection {
    /// For a million tokens of prompt.
    pub input_usd_per_million: String,
    /// For a million tokens of answer.
    pub output_usd_per_million: String,
}
