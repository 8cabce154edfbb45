//! Environment variables, by the names that deployments of the reference use, and where they go.

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use figment::Figment;
use figment::providers::Serialized;

/// How a variable is read.
#[derive(Clone, Copy)]
enum Kind {
    Text,
    Number,
    /// Switched off by `false`, `0` or `no`; on otherwise.
    Switch,
    /// Texts, separated by commas.
    Texts,
    /// Whole numbers, separated by commas.
    Numbers,
    /// A port on loopback.
    Port,
    /// A path to an SQLite file.
    SqlitePath,
}

/// Variable, place, kind. Later rows win over earlier ones.
const VARIABLES: &[(&str, &str, Kind)] = &[
    ("CLASPER_PORT", "server.listen", Kind::Port),
    ("CLASPER_LISTEN", "server.listen", Kind::Text),
    (
        "CLASPER_BODY_LIMIT_BYTES",
        "server.body_limit_bytes",
        Kind::Number,
    ),
    (
        "CLASPER_REQUEST_TIMEOUT_MS",
        "server.request_timeout_ms",
        Kind::Number,
    ),
    (
        "CLASPER_MAX_CONCURRENT",
        "server.max_concurrent",
        Kind::Number,
    ),
    (
        "CLASPER_RATE_LIMIT_PER_SECOND",
        "server.rate_limit_per_second",
        Kind::Number,
    ),
    (
        "CLASPER_RATE_LIMIT_BURST",
        "server.rate_limit_burst",
        Kind::Number,
    ),
    (
        "CLASPER_DRAIN_TIMEOUT_MS",
        "server.drain_timeout_ms",
        Kind::Number,
    ),
    ("CLASPER_DB_PATH", "database.url", Kind::SqlitePath),
    ("CLASPER_DATABASE_URL", "database.url", Kind::Text),
    ("CLASPER_DATABASE_READERS", "database.readers", Kind::Number),
    ("CLASPER_MIGRATE", "database.migrate", Kind::Text),
    (
        "AGENT_JWT_SECRET",
        "credentials.agent_jwt_secret",
        Kind::Text,
    ),
    (
        "AGENT_JWT_ALGORITHM",
        "credentials.agent_jwt_algorithm",
        Kind::Text,
    ),
    (
        "ADAPTER_JWT_SECRET",
        "credentials.adapter_jwt_secret",
        Kind::Text,
    ),
    (
        "CLASPER_ADAPTER_TOKEN_LIFE_SECS",
        "credentials.adapter_token_life_secs",
        Kind::Number,
    ),
    ("AGENT_DAEMON_API_KEY", "credentials.daemon_key", Kind::Text),
    ("CLASPER_JWKS_URL", "credentials.jwks_url", Kind::Text),
    ("CLASPER_JWT_ISSUER", "credentials.jwt_issuer", Kind::Text),
    (
        "CLASPER_JWT_AUDIENCE",
        "credentials.jwt_audience",
        Kind::Text,
    ),
    (
        "CLASPER_LOCAL_TENANT_ID",
        "credentials.local_tenant",
        Kind::Text,
    ),
    (
        "CLASPER_CREATE_TENANTS_ON_FIRST_USE",
        "credentials.create_tenants_on_first_use",
        Kind::Switch,
    ),
    ("CLASPER_AUDIT_SIGNING_KEY", "audit.signing_key", Kind::Text),
    ("CLASPER_AUDIT_LOG_NAME", "audit.log_name", Kind::Text),
    ("CLASPER_EXPORTS_DIR", "exports.directory", Kind::Text),
    (
        "CLASPER_EXPORTS_KEEP_HOURS",
        "exports.keep_hours",
        Kind::Number,
    ),
    ("BACKEND_URL", "backend.url", Kind::Text),
    (
        "CLASPER_BACKEND_TIMEOUT_MS",
        "backend.timeout_ms",
        Kind::Number,
    ),
    ("CLASPER_WORKSPACE", "agent.workspace", Kind::Text),
    ("CLASPER_DEFAULT_TASK", "agent.default_task", Kind::Text),
    ("CLASPER_EXECUTION_ROOT", "agent.execution_root", Kind::Text),
    (
        "CLASPER_CANARY_WINDOW_SECS",
        "agent.canary_window_secs",
        Kind::Number,
    ),
    ("CLASPER_MAX_STEPS", "agent.max_steps", Kind::Number),
    (
        "CLASPER_MAX_OUTPUT_TOKENS",
        "agent.max_output_tokens",
        Kind::Number,
    ),
    (
        "CLASPER_RUN_TIMEOUT_MS",
        "agent.run_timeout_ms",
        Kind::Number,
    ),
    (
        "CLASPER_BUDGET_WAIT_MS",
        "agent.budget_wait_ms",
        Kind::Number,
    ),
    (
        "CLASPER_RETRY_ATTEMPTS",
        "agent.retry_attempts",
        Kind::Number,
    ),
    (
        "CLASPER_RETRY_DELAY_MS",
        "agent.retry_delay_ms",
        Kind::Number,
    ),
    (
        "CLASPER_RETRY_MAX_DELAY_MS",
        "agent.retry_max_delay_ms",
        Kind::Number,
    ),
    ("CLASPER_RETRY_JITTER", "agent.retry_jitter", Kind::Number),
    (
        "CLASPER_CONTEXT_WARNING_THRESHOLD",
        "agent.context_warning_percent",
        Kind::Number,
    ),
    ("CLASPER_DEFAULT_TIMEZONE", "agent.time_zone", Kind::Text),
    (
        "CLASPER_INCLUDE_TIME_CONTEXT",
        "agent.include_time_context",
        Kind::Switch,
    ),
    ("LLM_PROVIDER", "llm.provider", Kind::Text),
    ("OPENAI_MODEL_DEFAULT", "llm.model", Kind::Text),
    ("LLM_MODEL_DEFAULT", "llm.model", Kind::Text),
    ("OPENAI_MODEL_FALLBACK", "llm.fallback_model", Kind::Text),
    ("LLM_MODEL_FALLBACK", "llm.fallback_model", Kind::Text),
    ("CLASPER_LLM_TIMEOUT_MS", "llm.timeout_ms", Kind::Number),
    ("CLASPER_ALLOW_SCRIPTED", "llm.allow_scripted", Kind::Switch),
    ("OPENAI_API_KEY", "llm.keys.openai", Kind::Text),
    ("ANTHROPIC_API_KEY", "llm.keys.anthropic", Kind::Text),
    ("GOOGLE_API_KEY", "llm.keys.google", Kind::Text),
    ("GEMINI_API_KEY", "llm.keys.google", Kind::Text),
    ("XAI_API_KEY", "llm.keys.xai", Kind::Text),
    ("GROQ_API_KEY", "llm.keys.groq", Kind::Text),
    ("MISTRAL_API_KEY", "llm.keys.mistral", Kind::Text),
    ("OPENROUTER_API_KEY", "llm.keys.openrouter", Kind::Text),
    ("OPENAI_BASE_URL", "llm.base_urls.openai", Kind::Text),
    ("ANTHROPIC_BASE_URL", "llm.base_urls.anthropic", Kind::Text),
    ("GEMINI_BASE_URL", "llm.base_urls.google", Kind::Text),
    ("XAI_BASE_URL", "llm.base_urls.xai", Kind::Text),
    ("GROQ_BASE_URL", "llm.base_urls.groq", Kind::Text),
    ("MISTRAL_BASE_URL", "llm.base_urls.mistral", Kind::Text),
    (
        "OPENROUTER_BASE_URL",
        "llm.base_urls.openrouter",
        Kind::Text,
    ),
    ("CLASPER_WEBHOOK_SECRET", "webhooks.secret", Kind::Text),
    (
        "CLASPER_WEBHOOK_ALLOW_NETWORKS",
        "webhooks.allow_networks",
        Kind::Texts,
    ),
    (
        "CLASPER_WEBHOOK_DENY_NETWORKS",
        "webhooks.deny_networks",
        Kind::Texts,
    ),
    (
        "CLASPER_WEBHOOK_ALLOW_HOSTS",
        "webhooks.allow_hosts",
        Kind::Texts,
    ),
    (
        "CLASPER_WEBHOOK_ALLOW_PORTS",
        "webhooks.allow_ports",
        Kind::Numbers,
    ),
    (
        "CLASPER_WEBHOOK_PLAIN_HTTP",
        "webhooks.plain_http",
        Kind::Text,
    ),
    (
        "CLASPER_WEBHOOK_TIMEOUT_MS",
        "webhooks.timeout_ms",
        Kind::Number,
    ),
    (
        "CLASPER_TELEMETRY_SIGNATURE_MODE",
        "reports.signatures",
        Kind::Text,
    ),
    (
        "CLASPER_TELEMETRY_MAX_SKEW_SECONDS",
        "reports.max_skew_secs",
        Kind::Number,
    ),
    ("CLASPER_LOG", "telemetry.log", Kind::Text),
    ("CLASPER_LOG_FORMAT", "telemetry.log_format", Kind::Text),
    (
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "telemetry.otlp_endpoint",
        Kind::Text,
    ),
    (
        "CLASPER_TRACE_SAMPLE_RATIO",
        "telemetry.sample_ratio",
        Kind::Number,
    ),
];

/// The environment of the process, read once.
#[derive(Debug, Clone, Default)]
pub struct ProcessEnvironment(BTreeMap<String, String>);

impl ProcessEnvironment {
    /// The variables that are set now. Those that are not UTF-8 are left out.
    pub fn read() -> Self {
        let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        Self(std::env::vars_os().filter_map(text).collect())
    }

    /// A variable; an empty one counts as missing.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// The names of all variables that are set, for the gates of skills.
    pub fn names(&self) -> impl Iterator<Item = &String> {
        self.0.keys()
    }

    /// Merges the variables we know over `figment`.
    pub fn apply(&self, mut figment: Figment) -> Result<Figment> {
        for (name, place, kind) in VARIABLES {
            let Some(value) = self.get(name) else {
                continue;
            };
            figment = match kind {
                Kind::Text => figment.merge(Serialized::default(place, value)),
                Kind::Switch => {
                    let on = !matches!(
                        value.to_ascii_lowercase().as_str(),
                        "false" | "0" | "no" | "off"
                    );
                    figment.merge(Serialized::default(place, on))
                }
                Kind::Texts => {
                    let texts: Vec<&str> = parts(value).collect();
                    figment.merge(Serialized::default(place, texts))
                }
                Kind::Numbers => {
                    let Ok(numbers) = parts(value)
                        .map(str::parse)
                        .collect::<Result<Vec<u64>, _>>()
                    else {
                        bail!("{name} must be whole numbers, separated by commas");
                    };
                    figment.merge(Serialized::default(place, numbers))
                }
                Kind::Port => match value.parse::<u16>() {
                    Ok(port) => {
                        figment.merge(Serialized::default(place, format!("127.0.0.1:{port}")))
                    }
                    Err(_) => bail!("{name} must be a port number between 0 and 65535"),
                },
                Kind::SqlitePath => figment.merge(Serialized::default(
                    place,
                    format!("sqlite://{value}?mode=rwc"),
                )),
                Kind::Number => match (value.parse::<u64>(), value.parse::<f64>()) {
                    (Ok(whole), _) => figment.merge(Serialized::default(place, whole)),
                    (_, Ok(number)) if number.is_finite() => {
                        figment.merge(Serialized::default(place, number))
                    }
                    _ => bail!("{name} must be a number"),
                },
            };
        }
        Ok(figment)
    }
}

fn parts(value: &str) -> impl Iterator<Item = &str> {
    value
        .split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
}

#[cfg(test)]
#[path = "environment_tests.rs"]
mod tests;
