//! The composition root: configuration → database → services → router → workers.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use axum::Router;
use clasper_api_state::{ApiDeps, ApiState, LogNews, MetricsText, ServerInfo};
use clasper_auth::AeadSeal;
use clasper_core::{Clock, IdSource, InstanceId, SystemClock, SystemIds};
use clasper_db::{Database, DatabaseOptions, ProcessLock};
use clasper_delegated::Executions;
use clasper_exports::ExportWorker;
use clasper_governance::Budgets;
use clasper_http::CredentialLimiter;
use clasper_llm::Providers;
use clasper_retention::Retention;
use clasper_runtime::service::{AgentDeps, AgentService};
use clasper_store::Store;
use clasper_store_log::{OldCheckpoints, ServerEvents};
use clasper_store_retention::RetentionRows;
use clasper_store_spans::SpanTables;
use clasper_telemetry::MetricsHandle;
use clasper_tracing::Traces;
use clasper_webhook::Notices;
use secrecy::ExposeSecret;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::config::{Config, MigrationMode, ProcessEnvironment};
use crate::decisions::decisions;
use crate::evidence::{Checkpointer, evidence};
use crate::export::{ExportParts, exports};
use crate::gate::IdentityGate;
use crate::outgoing::outgoing;
use crate::readiness::ProcessReadiness;
use crate::reports::reports;
use crate::subsystem;
use crate::watch::{Watch, WatchDeps};
use crate::worker;

/// How long a provider may take to accept a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// A server that is put together but not yet listening.
pub struct App {
    /// Everything over HTTP.
    pub router: Router,
    /// The agent loop, for recovery at start-up.
    pub agents: AgentService,
    /// Executions of adapters, for the clock's work.
    pub executions: Executions,
    /// Signs the audit logs.
    pub checkpointer: Checkpointer,
    /// Makes exports.
    pub export_worker: ExportWorker,
    /// Tells the log of the server itself.
    pub watch: Watch,
    /// Drops traces that had their days.
    pub retention: Retention,
    /// Delivers callbacks and webhooks.
    pub notices: Notices,
    /// Every run and worker.
    pub tracker: TaskTracker,
    /// Cancelled first: no new runs.
    pub shutdown: CancellationToken,
    /// Cancelled when open runs have had their time.
    pub abort: CancellationToken,
    /// The database, closed last.
    pub database: Database,
    /// Requests per credential.
    pub limiter: CredentialLimiter,
    /// The metrics, when they are recorded.
    pub metrics: Option<MetricsHandle>,
    _lock: ProcessLock,
}

impl App {
    /// Puts everything together. Nothing runs yet but the writer.
    #[expect(clippy::too_many_lines, reason = "the one place where all parts meet")]
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

        let spans = Arc::new(SpanTables::new((*store).clone()));
        let identity = subsystem::identity(config, &store, &clock, &ids);
        let http =
            clasper_llm::http_client(CONNECT_TIMEOUT).context("the HTTP client cannot be made")?;
        let authenticator = subsystem::authenticator(config, &store, &http, &clock)?;
        let backend = Arc::new(subsystem::backend(config, &clock)?);
        let seal = Arc::new(AeadSeal::from_secret(&subsystem::agent_secret(config))?);
        let redactions = subsystem::redactions(&store, &seal, &clock, &ids);
        let prices = subsystem::tenant_prices(config, &store, &clock, &ids)?;
        let evidence = evidence(config, &store, &seal, &clock).await?;
        let instance = InstanceId::generate(&*ids);
        let own = (evidence.key, instance);
        let ExportParts { exports, worker } =
            exports(config, &database, &store, own, &clock, &ids)?;
        let outgoing = outgoing(&config.webhooks, &store, &seal, &clock, &ids)?;
        let callbacks = outgoing.callbacks;
        let decisions = decisions(config, &store, &seal, &redactions, callbacks, &clock, &ids)?;
        let (reports, telemetry_keys) = reports(&config.reports, &store, &redactions, &clock, &ids);
        let kept = Arc::new(RetentionRows::new((*store).clone()));
        let retention = Retention::new(kept, clock.clone(), ids.clone());
        let agents = AgentService::new(
            AgentDeps {
                runs: store.clone(),
                outbox: store.clone(),
                models: Arc::new(Providers::new(&subsystem::llm_config(&config.llm), &http)),
                backend: backend.clone(),
                workspace: Arc::new(subsystem::workspace(config, environment)),
                redactions: redactions.clone(),
                policies: decisions.policies.clone(),
                prices: prices.clone(),
                seal: seal.clone(),
                tenants: Arc::new(IdentityGate(identity.clone())),
                clock: clock.clone(),
                ids: ids.clone(),
                instance,
                tracker: tracker.clone(),
                shutdown: shutdown.clone(),
                abort: abort.clone(),
            },
            subsystem::agent_config(config)?,
        );

        let limits = subsystem::http_limits(config);
        let limiter = CredentialLimiter::new(limits.rate_limit);
        let watch = Watch::new(WatchDeps {
            events: ServerEvents::new((*store).clone()),
            old_checkpoints: OldCheckpoints::new((*store).clone()),
            audit: store.clone(),
            identity: identity.clone(),
            limiter: limiter.clone(),
            instance,
            clock: clock.clone(),
            ids: ids.clone(),
        });
        let readiness = ProcessReadiness {
            database: database.clone(),
            store: (*store).clone(),
            shutdown: shutdown.clone(),
        };
        let state = ApiState::new(ApiDeps {
            agents: agents.clone(),
            budgets: Budgets::new(store.clone(), clock.clone(), ids.clone()),
            identity,
            traces: spans.clone(),
            trace_notes: Traces::new(spans.clone(), store.clone(), clock.clone(), ids.clone()),
            spans: subsystem::span_intake(&spans, &redactions, &clock, &ids)?,
            retention: retention.clone(),
            news: LogNews::new(store.commits(), news_period(&database), shutdown.clone()),
            audit: store.clone(),
            log: evidence.log,
            exports,
            backend,
            executions: decisions.executions.clone(),
            adapters: decisions.adapters,
            adapter_keys: decisions.adapter_keys,
            reports,
            telemetry_keys,
            webhooks: outgoing.webhooks,
            policies: decisions.policies,
            prices,
            redactions,
            seal,
            histories: Some(store),
            public_url: None,
            authenticator: watch.over(Arc::new(authenticator)),
            limiter: limiter.clone(),
            readiness: Arc::new(readiness),
            metrics: metrics_text(metrics.clone()),
            clock,
            info: ServerInfo {
                version: env!("CARGO_PKG_VERSION").to_owned(),
            },
        });
        let endpoints = clasper_api::router();
        let router = clasper_http::layers(endpoints.with_state(state), &limits, ids);
        Ok(Self {
            router,
            agents,
            executions: decisions.executions,
            checkpointer: evidence.checkpointer,
            export_worker: worker,
            watch,
            retention,
            notices: outgoing.notices,
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
    pub async fn start(&self, config: &Config) -> Result<()> {
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
        let dialect = format!("{:?}", self.database.dialect()).to_lowercase();
        let told = self.watch.begin(config, &dialect).await;
        told.context("the start cannot be written to the audit log")?;
        worker::start(self);
        Ok(())
    }
}

/// How long until live streams look for what other processes wrote: on SQLite there are none.
const fn news_period(database: &Database) -> Duration {
    match database.dialect() {
        clasper_db::Dialect::Sqlite => Duration::from_secs(15),
        clasper_db::Dialect::Postgres => Duration::from_millis(250),
    }
}

/// The metrics as text; nothing when they are not recorded.
fn metrics_text(metrics: Option<MetricsHandle>) -> MetricsText {
    Arc::new(move || {
        let render = metrics.as_ref().map(MetricsHandle::render);
        render.unwrap_or_default()
    })
}

/// Opens the database as configured.
pub async fn open_database(config: &Config) -> Result<Database> {
    let options = DatabaseOptions {
        readers: config.database.readers.max(1),
        ..DatabaseOptions::default()
    };
    Ok(Database::connect(config.database.url.0.expose_secret(), &options).await?)
}

/// Sees to it that the tables are this version's.
pub async fn ensure_schema(database: &Database, mode: MigrationMode) -> Result<()> {
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
