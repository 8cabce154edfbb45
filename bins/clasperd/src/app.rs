//! The composition root: configuration → database → services → router → workers.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use axum::Router;
use clasper_api::{ApiDeps, ApiState, ServerInfo};
use clasper_auth::{AeadSeal, AuthConfig, CredentialVerifier, JwksConfig};
use clasper_control_plane::{Backend, BackendConfig, RetryConfig};
use clasper_core::{
    Caller, Clock, Credential, IdSource, InstanceId, PermissionSet, Principal, SystemClock,
    SystemIds, TenantId, TraceId,
};
use clasper_db::{Database, DatabaseOptions, ProcessLock};
use clasper_governance::{Budgets, ModelPrice, PriceTable};
use clasper_http::{CredentialLimiter, HttpLimits, RateLimit};
use clasper_identity::{Identity, TenantProvisioning};
use clasper_llm::{BaseUrls, LlmConfig, PROVIDERS, ProviderKeys, Providers, ScriptedConfig};
use clasper_redaction::Redactor;
use clasper_runtime::model::ModelRef;
use clasper_runtime::service::{AgentConfig, AgentDeps, AgentService, RetryPolicy};
use clasper_store::Store;
use clasper_telemetry::MetricsHandle;
use clasper_workspace::{Host, Options, WorkspaceCache};
use secrecy::{ExposeSecret, SecretString};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::config::{Config, LlmSection, MigrationMode, ProcessEnvironment};
use crate::gate::IdentityGate;
use crate::readiness::ProcessReadiness;
use crate::worker;

/// How long a provider may take to accept a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// A server that is put together but not yet listening.
pub struct App {
    /// Everything over HTTP.
    pub router: Router,
    /// The agent loop, for recovery at start-up.
    pub agents: AgentService,
    /// Every run and worker.
    pub tracker: TaskTracker,
    /// Cancelled first: no new runs.
    pub shutdown: CancellationToken,
    /// Cancelled when open runs have had their time.
    pub abort: CancellationToken,
    /// The database, closed last.
    pub database: Database,
    limiter: CredentialLimiter,
    metrics: Option<MetricsHandle>,
    _lock: ProcessLock,
}

impl App {
    /// Puts everything together. Nothing runs yet but the writer.
    pub async fn build(
        config: &Config,
        environment: &ProcessEnvironment,
        metrics: Option<MetricsHandle>,
    ) -> Result<Self> {
        let database = open_database(config).await?;
        let lock = database.lock_for_server()?;
        ensure_schema(&database, config.database.migrate).await?;
        let (tracker, shutdown, abort) = (
            TaskTracker::new(),
            CancellationToken::new(),
            CancellationToken::new(),
        );
        let store = Arc::new(Store::start(database.clone(), &tracker));
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let ids: Arc<dyn IdSource> = Arc::new(SystemIds);

        let identity = identity(config, &store, &clock, &ids);
        let http =
            clasper_llm::http_client(CONNECT_TIMEOUT).context("the HTTP client cannot be made")?;
        let authenticator = authenticator(config, &store, &http, &clock)?;
        let backend = Arc::new(backend(config, &clock)?);
        let agents = AgentService::new(
            AgentDeps {
                runs: store.clone(),
                outbox: store.clone(),
                models: Arc::new(Providers::new(&llm_config(&config.llm), &http)),
                backend: backend.clone(),
                workspace: Arc::new(workspace(config, environment)),
                redactor: Redactor::standard(),
                prices: Arc::new(prices(config)?),
                seal: Arc::new(AeadSeal::from_secret(&agent_secret(config))?),
                tenants: Arc::new(IdentityGate(identity.clone())),
                clock: clock.clone(),
                ids: ids.clone(),
                instance: InstanceId::generate(&*ids),
                tracker: tracker.clone(),
                shutdown: shutdown.clone(),
                abort: abort.clone(),
            },
            agent_config(config)?,
        );

        let limits = http_limits(config);
        let limiter = CredentialLimiter::new(limits.rate_limit);
        let readiness = ProcessReadiness {
            database: database.clone(),
            store: (*store).clone(),
            shutdown: shutdown.clone(),
        };
        let render = metrics.clone();
        let state = ApiState::new(ApiDeps {
            agents: agents.clone(),
            budgets: Budgets::new(store.clone(), clock.clone(), ids.clone()),
            identity,
            traces: store.clone(),
            audit: store,
            backend,
            authenticator: Arc::new(authenticator),
            limiter: limiter.clone(),
            readiness: Arc::new(readiness),
            metrics: Arc::new(move || {
                render
                    .as_ref()
                    .map(MetricsHandle::render)
                    .unwrap_or_default()
            }),
            clock,
            info: ServerInfo {
                version: env!("CARGO_PKG_VERSION").to_owned(),
            },
        });
        let (endpoints, _) = clasper_api::router();
        let router = clasper_http::layers(endpoints.with_state(state), &limits, ids);
        Ok(Self {
            router,
            agents,
            tracker,
            shutdown,
            abort,
            database,
            limiter,
            metrics,
            _lock: lock,
        })
    }

    /// Settles what an earlier process left open, then starts the background work.
    pub async fn start(&self) -> Result<()> {
        self.agents
            .beat()
            .await
            .context("the database does not take writes")?;
        // An SQLite file belongs to us alone: whoever had runs open is dead. Other Postgres replicas may be alive.
        let silence = match self.database.dialect() {
            clasper_db::Dialect::Sqlite => Duration::ZERO,
            clasper_db::Dialect::Postgres => worker::SILENCE,
        };
        let recovered = self
            .agents
            .recover(silence)
            .await
            .context("open runs of an earlier process cannot be settled")?;
        if recovered > 0 {
            tracing::warn!(
                runs = recovered,
                "settled runs that an earlier process left open"
            );
        }
        worker::start(
            &self.agents,
            &self.limiter,
            self.metrics.clone(),
            &self.tracker,
            &self.shutdown,
        );
        Ok(())
    }
}

/// Opens the database as configured.
pub async fn open_database(config: &Config) -> Result<Database> {
    let options = DatabaseOptions {
        readers: config.database.readers.max(1),
        ..DatabaseOptions::default()
    };
    Ok(Database::connect(config.database.url.0.expose_secret(), &options).await?)
}

async fn ensure_schema(database: &Database, mode: MigrationMode) -> Result<()> {
    let pending = match clasper_migrations::schema_state(database.writer()).await? {
        clasper_migrations::SchemaState::Current => return Ok(()),
        clasper_migrations::SchemaState::Behind { pending } => pending,
    };
    if mode == MigrationMode::Refuse {
        anyhow::bail!(
            "the database lacks {pending} migration(s): run `clasperd migrate`, then start again"
        );
    }
    clasper_migrations::migrate(database.writer())
        .await
        .context("the migrations failed")?;
    Ok(())
}

fn identity(
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

fn agent_secret(config: &Config) -> SecretString {
    config
        .credentials
        .agent_jwt_secret
        .as_ref()
        .map(|s| s.0.clone())
        .unwrap_or_default()
}

fn authenticator(
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
        daemon_key: credentials.daemon_key.as_ref().map(|s| s.0.clone()),
        default_tenant: TenantId::new(&credentials.local_tenant)
            .context("CLASPER_LOCAL_TENANT_ID")?,
    };
    Ok(CredentialVerifier::new(
        auth,
        store.clone(),
        http.clone(),
        clock.clone(),
    ))
}

fn backend(config: &Config, clock: &Arc<dyn Clock>) -> Result<Backend> {
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

fn workspace(config: &Config, environment: &ProcessEnvironment) -> WorkspaceCache {
    let host = Host::new(std::env::consts::OS, environment.names().cloned());
    WorkspaceCache::new(
        config.agent.workspace.clone(),
        Options {
            host,
            ..Options::default()
        },
    )
}

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

fn llm_config(section: &LlmSection) -> LlmConfig {
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

fn agent_config(config: &Config) -> Result<AgentConfig> {
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

fn http_limits(config: &Config) -> HttpLimits {
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

/// Someone with access to the machine and the database, acting without a server.
pub struct LocalOperator {
    /// Tenants and keys.
    pub identity: Identity,
    tracker: TaskTracker,
    database: Database,
}

impl LocalOperator {
    /// Opens the database beside a server that may be running.
    pub async fn open(config: &Config) -> Result<Self> {
        let database = open_database(config).await?;
        ensure_schema(&database, config.database.migrate).await?;
        let tracker = TaskTracker::new();
        let store = Arc::new(Store::start(database.clone(), &tracker));
        let identity = Identity::new(store, Arc::new(SystemClock), Arc::new(SystemIds));
        Ok(Self {
            identity,
            tracker,
            database,
        })
    }

    /// Waits for the writer and closes the database.
    pub async fn close(self) {
        drop(self.identity);
        self.tracker.close();
        self.tracker.wait().await;
        self.database.close().await;
    }
}

/// The caller of commands on the machine itself.
pub fn local_caller(tenant: TenantId) -> Caller {
    Caller {
        principal: Principal {
            tenant,
            user: None,
            permissions: PermissionSet::all(),
            credential: Credential::LocalOperator,
            allowed_tools: None,
        },
        trace: TraceId::generate(&SystemIds),
    }
}
