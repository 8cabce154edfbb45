//! From the sections of the configuration to the parts they describe.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use clasper_auth::{AdapterTokenConfig, AeadSeal, AuthConfig, CredentialVerifier, JwksConfig};
use clasper_control_plane::{Backend, BackendConfig, RetryConfig};
use clasper_core::{Clock, IdSource, TenantId, WorkspaceId};
use clasper_governance::{ModelPrice, PriceTable, TenantPrices};
use clasper_http::{HttpLimits, RateLimit};
use clasper_identity::{Identity, TenantProvisioning};
use clasper_llm::{BaseUrls, LlmConfig, PROVIDERS, ProviderKeys, ScriptedConfig};
use clasper_otlp::SpanIntake;
use clasper_privacy::Redactions;
use clasper_redaction::Redactor;
use clasper_runtime::model::ModelRef;
use clasper_runtime::service::{AgentConfig, RetryPolicy};
use clasper_store::Store;
use clasper_store_spans::SpanTables;
use clasper_workspace::{Host, Options, WorkspaceCache};
use secrecy::SecretString;

use crate::config::{Config, CredentialSection, LlmSection, ProcessEnvironment};

/// Tenants and keys.
pub fn identity(
    config: &Config,
    store: &Arc<Store>,
    clock: &Arc<dyn Clock>,
    ids: &Arc<dyn IdSource>,
) -> Identity {
    let provisioning = if config.credentials.create_tenants_on_first_use {
        TenantProvisioning::OnFirstUse
    } else {
        TenantProvisioning::Explicit
    };
    Identity::new(store.clone(), clock.clone(), ids.clone()).with_provisioning(provisioning)
}

/// The secret that signs, verifies and seals; empty when none is configured, which every user of it refuses.
pub fn agent_secret(config: &Config) -> SecretString {
    config
        .credentials
        .agent_jwt_secret
        .as_ref()
        .map(|s| s.0.clone())
        .unwrap_or_default()
}

/// Who may call.
pub fn authenticator(
    config: &Config,
    store: &Arc<Store>,
    http: &reqwest::Client,
    clock: &Arc<dyn Clock>,
) -> Result<CredentialVerifier> {
    let credentials = &config.credentials;
    let jwks = credentials.jwks_url.as_deref().map(|url| {
        let url = reqwest::Url::parse(url).context("CLASPER_JWKS_URL is not a URL")?;
        let (issuer, audience) = (
            credentials.jwt_issuer.clone(),
            credentials.jwt_audience.clone(),
        );
        anyhow::Ok(JwksConfig {
            url,
            issuer,
            audience,
            refresh: Duration::from_mins(5),
        })
    });
    let auth = AuthConfig {
        agent_jwt_secret: credentials.agent_jwt_secret.as_ref().map(|s| s.0.clone()),
        jwks: jwks.transpose()?,
        adapters: adapter_tokens(credentials),
        daemon_key: credentials.daemon_key.as_ref().map(|s| s.0.clone()),
        default_tenant: TenantId::new(&credentials.local_tenant)
            .context("CLASPER_LOCAL_TENANT_ID")?,
    };
    Ok(
        CredentialVerifier::new(auth, store.clone(), http.clone(), clock.clone())
            .with_adapters(store.clone()),
    )
}

fn adapter_tokens(credentials: &CredentialSection) -> Option<AdapterTokenConfig> {
    let secret = credentials.adapter_jwt_secret.as_ref()?;
    Some(AdapterTokenConfig {
        secret: secret.0.clone(),
        longest_life: Duration::from_secs(credentials.adapter_token_life_secs.into()),
    })
}

/// The tenants' backend.
pub fn backend(config: &Config, clock: &Arc<dyn Clock>) -> Result<Backend> {
    let http = clasper_control_plane::client_builder()
        .build()
        .context("the HTTP client cannot be made")?;
    let mut backend = BackendConfig::new(&config.backend.url, agent_secret(config));
    backend.algorithm = config
        .credentials
        .agent_jwt_algorithm
        .parse()
        .context("AGENT_JWT_ALGORITHM")?;
    backend.timeout = Duration::from_millis(config.backend.timeout_ms);
    backend.retry = RetryConfig {
        attempts: config.agent.retry_attempts,
        delay: Duration::from_millis(config.agent.retry_delay_ms),
        max_delay: Duration::from_millis(config.agent.retry_max_delay_ms),
        jitter: config.agent.retry_jitter,
    };
    Backend::new(backend, http, clock.clone()).context("the backend (BACKEND_URL) cannot be used")
}

/// The agents' files.
pub fn workspace(config: &Config, environment: &ProcessEnvironment) -> WorkspaceCache {
    let host = Host::new(std::env::consts::OS, environment.names().cloned());
    WorkspaceCache::new(
        config.agent.workspace.clone(),
        Options {
            host,
            ..Options::default()
        },
    )
}

/// What models cost: the listed prices and the configured ones.
fn prices(config: &Config) -> Result<PriceTable> {
    let mut table = PriceTable::listed();
    for (model, price) in &config.prices {
        let decimal = |text: &str| {
            text.parse()
                .with_context(|| format!("prices.\"{model}\": {text:?} is not a decimal"))
        };
        let price = ModelPrice {
            input_usd_per_million: decimal(&price.input_usd_per_million)?,
            output_usd_per_million: decimal(&price.output_usd_per_million)?,
        };
        table
            .set(model, price)
            .with_context(|| format!("prices.\"{model}\""))?;
    }
    Ok(table)
}

/// Takes spans of foreign instrumentation; their traces are of the workspace `default`.
pub fn span_intake(
    spans: &Arc<SpanTables>,
    redactions: &Redactions,
    clock: &Arc<dyn Clock>,
    ids: &Arc<dyn IdSource>,
) -> Result<SpanIntake> {
    let workspace = WorkspaceId::new("default")?;
    Ok(SpanIntake::new(
        spans.clone(),
        redactions.clone(),
        workspace,
        clock.clone(),
        ids.clone(),
    ))
}

/// What each tenant wants redacted; the standard rules where it says nothing.
pub fn redactions(
    store: &Arc<Store>,
    seal: &Arc<AeadSeal>,
    clock: &Arc<dyn Clock>,
    ids: &Arc<dyn IdSource>,
) -> Redactions {
    let (clock, ids) = (clock.clone(), ids.clone());
    Redactions::new(
        Redactor::standard(),
        store.clone(),
        seal.clone(),
        clock,
        ids,
    )
}

/// What models cost a tenant: its own prices before those of the server.
pub fn tenant_prices(
    config: &Config,
    store: &Arc<Store>,
    clock: &Arc<dyn Clock>,
    ids: &Arc<dyn IdSource>,
) -> Result<TenantPrices> {
    let table = prices(config)?;
    Ok(TenantPrices::new(
        table,
        store.clone(),
        clock.clone(),
        ids.clone(),
    ))
}

/// Keys and addresses of model providers.
pub fn llm_config(section: &LlmSection) -> LlmConfig {
    let key = |name: &str| section.keys.get(name).map(|s| s.0.clone());
    let url = |name: &str| section.base_urls.get(name).cloned();
    LlmConfig {
        keys: ProviderKeys {
            openai: key("openai"),
            anthropic: key("anthropic"),
            google: key("google"),
            xai: key("xai"),
            groq: key("groq"),
            mistral: key("mistral"),
            openrouter: key("openrouter"),
        },
        base_urls: BaseUrls {
            openai: url("openai"),
            anthropic: url("anthropic"),
            google: url("google"),
            xai: url("xai"),
            groq: url("groq"),
            mistral: url("mistral"),
            openrouter: url("openrouter"),
        },
        request_timeout: Duration::from_millis(section.timeout_ms),
        scripted: ScriptedConfig {
            enabled: section.allow_scripted,
            ..ScriptedConfig::default()
        },
    }
}

/// How runs are made.
pub fn agent_config(config: &Config) -> Result<AgentConfig> {
    let model = |text: &str| ModelRef::parse(text, &config.llm.provider, PROVIDERS);
    let agent = &config.agent;
    Ok(AgentConfig {
        fallback_model: config.llm.fallback_model.as_deref().map(model),
        default_task: agent.default_task.clone(),
        max_steps: agent.max_steps,
        max_output_tokens: agent.max_output_tokens,
        temperature: agent.temperature,
        run_timeout: Duration::from_millis(agent.run_timeout_ms),
        budget_wait: Duration::from_millis(agent.budget_wait_ms),
        retry: RetryPolicy {
            attempts: agent.retry_attempts,
            delay: Duration::from_millis(agent.retry_delay_ms),
            max_delay: Duration::from_millis(agent.retry_max_delay_ms),
            jitter: agent.retry_jitter,
        },
        context_warning_percent: agent.context_warning_percent,
        default_time_zone: agent
            .time_zone
            .parse()
            .context("CLASPER_DEFAULT_TIMEZONE is not an IANA time zone")?,
        include_time_context: agent.include_time_context,
        ..AgentConfig::new(model(&config.llm.model))
    })
}

/// What requests may use.
pub fn http_limits(config: &Config) -> HttpLimits {
    let server = &config.server;
    let rate_limit =
        std::num::NonZeroU32::new(server.rate_limit_per_second).map(|per_second| RateLimit {
            per_second,
            burst: std::num::NonZeroU32::new(server.rate_limit_burst).unwrap_or(per_second),
        });
    HttpLimits {
        body_bytes: server.body_limit_bytes,
        request_timeout: Duration::from_millis(server.request_timeout_ms),
        max_concurrent: server.max_concurrent,
        rate_limit,
    }
}
