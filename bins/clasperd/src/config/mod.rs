//! The configuration: defaults, then `clasper.toml`, then the environment.

mod environment;
mod exports;
mod report;
mod section;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clasper_core::TenantId;
use clasper_evidence::LogOrigin;
use figment::Figment;
use figment::providers::{Format, Serialized, Toml};
use schemars::JsonSchema;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};

pub use environment::ProcessEnvironment;
pub use exports::ExportSection;
pub use report::{ReportSection, ReportSignatures};
pub use section::{
    AgentSection, AuditSection, BackendSection, CredentialSection, DatabaseSection, LlmSection,
    MigrationMode, PlainHttpMode, PriceSection, Secret, ServerSection, TelemetrySection,
    WebhookSection,
};

/// The shortest secret that `serve` accepts, in bytes: HS256 is only as strong as its key.
const MIN_SECRET_BYTES: usize = 32;

/// Everything that can be configured. Unknown keys are errors.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The HTTP server and its limits.
    pub server: ServerSection,
    /// The database.
    pub database: DatabaseSection,
    /// Secrets, and who may call.
    pub credentials: CredentialSection,
    /// The signed audit log.
    pub audit: AuditSection,
    /// Export bundles.
    pub exports: ExportSection,
    /// The backend that agents work for.
    pub backend: BackendSection,
    /// Agent runs.
    pub agent: AgentSection,
    /// Model providers.
    pub llm: LlmSection,
    /// Callbacks and webhooks.
    pub webhooks: WebhookSection,
    /// What adapters report.
    pub reports: ReportSection,
    /// Logs and spans.
    pub telemetry: TelemetrySection,
    /// Prices of models by `provider/model`, beside and above the listed ones.
    pub prices: std::collections::BTreeMap<String, PriceSection>,
}

impl Config {
    /// Reads the configuration. Without `file`, `clasper.toml` in the working directory is read when it exists.
    pub fn load(file: Option<&Path>, environment: &ProcessEnvironment) -> Result<Self> {
        let path = file.map_or_else(|| PathBuf::from("clasper.toml"), Path::to_path_buf);
        if file.is_some() && !path.is_file() {
            bail!("the configuration file {} does not exist", path.display());
        }
        let mut figment = Figment::from(Serialized::defaults(Self::default()));
        if path.is_file() {
            figment = figment.merge(Toml::file_exact(&path));
        }
        environment
            .apply(figment)?
            .extract()
            .map_err(|error| explain(&error, &path))
    }

    /// What keeps a production server from starting; empty when nothing does.
    pub fn problems(&self) -> Vec<String> {
        let c = &self.credentials;
        let required = [
            ("AGENT_JWT_SECRET", &c.agent_jwt_secret, true),
            ("AGENT_DAEMON_API_KEY", &c.daemon_key, true),
            ("ADAPTER_JWT_SECRET", &c.adapter_jwt_secret, false),
        ];
        let mut problems = Vec::new();
        for (name, secret, required) in required {
            match secret.as_ref().map(|s| s.0.expose_secret().len()) {
                None | Some(0) if required => {
                    problems.push(format!("{name} is not set: set it to a random secret of at least {MIN_SECRET_BYTES} bytes (openssl rand -hex 32)"));
                }
                Some(length) if length > 0 && length < MIN_SECRET_BYTES => problems.push(format!(
                    "{name} has {length} bytes: a secret needs at least {MIN_SECRET_BYTES} (openssl rand -hex 32)"
                )),
                _ => {}
            }
        }
        problems.extend(self.adapter_problems());
        problems.extend(self.audit_problems());
        problems
    }

    /// A log is signed by a key of the right length, under a name that fits on a checkpoint.
    fn audit_problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if self.audit.seed().is_err() {
            problems.push(
                "CLASPER_AUDIT_SIGNING_KEY must be 64 hexadecimal digits (openssl rand -hex 32)"
                    .to_owned(),
            );
        }
        let tenant = TenantId::new("tenant").ok();
        let origin = tenant.map(|tenant| LogOrigin::new(&self.audit.log_name, &tenant));
        if let Some(Err(error)) = origin {
            problems.push(format!("CLASPER_AUDIT_LOG_NAME (audit.log_name): {error}"));
        }
        problems
    }

    /// Adapters hold their secret, so it must open nothing else.
    fn adapter_problems(&self) -> Vec<String> {
        let c = &self.credentials;
        let others = [
            ("AGENT_JWT_SECRET", &c.agent_jwt_secret),
            ("AGENT_DAEMON_API_KEY", &c.daemon_key),
        ];
        let text = |secret: &Option<Secret>| {
            let secret = secret.as_ref().map(|s| s.0.expose_secret().to_owned());
            secret.filter(|text| !text.is_empty())
        };
        let own = text(&c.adapter_jwt_secret);
        let same = |(_, other): &(&str, &Option<Secret>)| own.is_some() && text(other) == own;
        let mut problems: Vec<String> = others
            .into_iter()
            .filter(same)
            .map(|(name, _)| format!("ADAPTER_JWT_SECRET is the same as {name}, and every adapter holds it: set it to a random secret of its own (openssl rand -hex 32)"))
            .collect();
        if c.adapter_token_life_secs == 0 {
            problems.push("CLASPER_ADAPTER_TOKEN_LIFE_SECS is 0: set it to the longest life of an adapter's token in seconds, such as 86400; to refuse adapters leave ADAPTER_JWT_SECRET out".to_owned());
        }
        problems
    }
}

fn explain(error: &figment::Error, file: &Path) -> anyhow::Error {
    let details: Vec<String> = error
        .clone()
        .into_iter()
        .map(|e| {
            let place = if e.path.is_empty() {
                String::new()
            } else {
                format!("{}: ", e.path.join("."))
            };
            format!("{place}{}", e.kind)
        })
        .collect();
    anyhow::anyhow!(details.join("\n")).context(format!(
        "the configuration ({} and the environment) cannot be used",
        file.display()
    ))
}

/// The JSON Schema of `clasper.toml`.
pub fn schema() -> Result<String> {
    serde_json::to_string_pretty(&schemars::schema_for!(Config))
        .context("the schema has no JSON form")
}
