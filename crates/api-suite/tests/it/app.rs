//! The routes under test, and what they answered.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use clasper_api_state::{ApiDeps, ApiState, LogNews, ReadinessReport, ServerInfo};
use clasper_core::{Clock, IdSource, InstanceId, ManualClock, SequentialIds, TenantId, Timestamp};
use clasper_delegated::adapter::{AdapterKeys, AdapterRegistry};
use clasper_delegated::{ExecutionConfig, ExecutionDeps, Executions};
use clasper_evidence::{
    AuditLog, AuditLogDeps, KeyPair, KeySource, LogSigner, LogSignerDeps, adopt_key,
};
use clasper_exports::{ExportDeps, Exports};
use clasper_governance::{Budgets, PriceTable, TenantPrices};
use clasper_http::{CredentialLimiter, HttpLimits, layers};
use clasper_identity::{Identity, SystemSecrets, Tenant};
use clasper_policy::{BundleScope, Policies, pack};
use clasper_privacy::Redactions;
use clasper_redaction::Redactor;
use clasper_reports::{Reports, ReportsDeps, SignaturePolicy, TelemetryKeys};
use clasper_retention::Retention;
use clasper_runtime::model::ModelRef;
use clasper_runtime::service::{AgentConfig, AgentDeps, AgentService, RetryPolicy};
use clasper_tracing::Traces;
use clasper_webhook::{WebhookDeps, Webhooks};
use clasper_workspace::{Options, WorkspaceCache};
use serde_json::Value;
use tempfile::TempDir;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use crate::fakes::{
    Backend, Derived, Endpoints, Exported, Gate, KeyRing, Keys, Ledger, Memory, Model, NoArchives,
    NoReports, Plain, PublicAddresses, Ready, Rooms, Signer, spans,
};

/// Headers of a request, as name and value.
pub type Headers<'a> = &'a [(&'static str, &'a str)];

pub const ACME: (&str, &str) = ("authorization", "Bearer acme-key");
pub const AGENT: (&str, &str) = ("authorization", "Bearer agent-key");
pub const OPERATOR: (&str, &str) = ("authorization", "Bearer operator-key");
pub const MANAGER: (&str, &str) = ("authorization", "Bearer manager-key");
pub const ADAPTER: (&str, &str) = ("x-adapter-token", "adapter-token");
pub const DAEMON: (&str, &str) = ("x-agent-daemon-key", "daemon-key");

/// Longer than any test.
const NEVER: Duration = Duration::from_hours(1);

/// What the logs are called.
const LOG_NAME: &str = "log.example";

/// The routes over ports in memory, where the tenant `acme` exists. Time stands still.
pub struct App {
    pub memory: Arc<Memory>,
    pub ledger: Arc<Ledger>,
    pub backend: Arc<Backend>,
    pub ready: Arc<Ready>,
    pub tracker: TaskTracker,
    pub clock: Arc<ManualClock>,
    /// Rings for live streams.
    pub told: watch::Sender<u64>,
    /// Ends them.
    pub stopping: CancellationToken,
    router: Router,
    _workspace: TempDir,
}

/// A response, read whole.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
    pub body: Value,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Status, code and the pointer to the first member at fault: what a refusal is recognised by.
    pub fn refusal(&self) -> (u16, &str, &str) {
        let code = self.body["code"].as_str().unwrap_or_default();
        let pointer = self.body["errors"][0]["pointer"].as_str();
        (self.status.as_u16(), code, pointer.unwrap_or("none"))
    }
}

pub fn start() -> Timestamp {
    "2026-11-20T10:00:00Z".parse().expect("a time")
}

fn acme() -> Tenant {
    Tenant {
        id: TenantId::new("acme").expect("a name"),
        name: "Acme".to_owned(),
        time_zone: chrono_tz::UTC,
        created_at: start(),
    }
}

impl App {
    pub fn new() -> Self {
        Self::redacting(Redactor::standard())
    }

    /// With other rules than the standard ones.
    pub fn redacting(redactor: Redactor) -> Self {
        let workspace = tempfile::tempdir().expect("a directory");
        std::fs::write(workspace.path().join("SOUL.md"), "You are kind.").expect("a file");
        let memory = Arc::new(Memory::default());
        let tenant = acme();
        memory.state().tenants.insert(tenant.id.clone(), tenant);
        let backend = Arc::new(Backend::default());
        let ready = Arc::new(Ready(Mutex::new(ReadinessReport {
            database_writable: true,
            migrations_current: true,
            stopping: false,
        })));
        let tracker = TaskTracker::new();
        let ledger = Arc::new(Ledger::over(Arc::clone(&memory)));
        let clock = Arc::new(ManualClock::at(start()));
        let (told, stopping) = (watch::Sender::new(0), CancellationToken::new());
        let parts = Parts {
            memory: Arc::clone(&memory),
            ledger: Arc::clone(&ledger),
            backend: Arc::clone(&backend),
            ready: Arc::clone(&ready),
            tracker: tracker.clone(),
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            ids: Arc::new(SequentialIds::default()),
            redactor,
            news: LogNews::new(told.subscribe(), NEVER, stopping.clone()),
        };
        let routes = clasper_api::router();
        let routes = routes.with_state(ApiState::new(parts.deps(&workspace)));
        let requests = Arc::new(SequentialIds::default());
        Self {
            memory,
            ledger,
            backend,
            ready,
            tracker,
            clock,
            told,
            stopping,
            router: layers(routes, &HttpLimits::default(), requests),
            _workspace: workspace,
        }
    }

    /// Signs the log of `acme`.
    pub async fn sign(&self) {
        let seed = [7; 32];
        if self.memory.state().signed.keys.is_empty() {
            let source = KeySource::Configured(&seed);
            let adopted = adopt_key(&*self.memory, source, self.clock.now()).await;
            adopted.expect("a key");
        }
        let signer = LogSigner::new(LogSignerDeps {
            entries: self.memory.clone(),
            log: self.memory.clone(),
            key: KeyPair::from_seed(&seed).expect("a seed"),
            name: LOG_NAME.into(),
            clock: self.clock.clone(),
        });
        signer.sign(&acme().id).await.expect("a whole log");
    }

    pub async fn get(&self, uri: &str, headers: Headers<'_>) -> Answer {
        self.call(Method::GET, uri, headers, Body::empty()).await
    }

    pub async fn post(&self, uri: &str, headers: Headers<'_>, body: impl Into<Body>) -> Answer {
        self.call(Method::POST, uri, headers, body.into()).await
    }

    pub async fn call(
        &self,
        method: Method,
        uri: &str,
        headers: Headers<'_>,
        body: Body,
    ) -> Answer {
        let response = self.open(method, uri, headers, body).await;
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.expect("a whole body");
        let text = String::from_utf8(bytes.into()).expect("text");
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: sorted(&text).unwrap_or_default(),
            text,
        }
    }

    /// The response with its body unread.
    pub async fn open(
        &self,
        method: Method,
        uri: &str,
        headers: Headers<'_>,
        body: Body,
    ) -> axum::response::Response {
        let mut request = Request::builder().method(method).uri(uri);
        if !headers.iter().any(|(name, _)| *name == "content-type") {
            request = request.header("content-type", "application/json");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(body).expect("a request");
        let router = self.router.clone();
        router
            .oneshot(request)
            .await
            .expect("routers are infallible")
    }
}

struct Parts {
    memory: Arc<Memory>,
    ledger: Arc<Ledger>,
    backend: Arc<Backend>,
    ready: Arc<Ready>,
    tracker: TaskTracker,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
    redactor: Redactor,
    news: LogNews,
}

impl Parts {
    fn deps(&self, workspace: &TempDir) -> ApiDeps {
        let (clock, ids) = (Arc::clone(&self.clock), Arc::clone(&self.ids));
        let identity = Identity::new(self.memory.clone(), clock.clone(), ids.clone());
        let adapters = AdapterRegistry::new(self.ledger.clone(), clock.clone(), ids.clone());
        let builtin = pack("clasper-base").expect("a pack that ships");
        let builtin = builtin.to_bundle(BundleScope::default());
        let policies = Policies::new(self.ledger.clone(), &builtin, clock.clone(), ids.clone())
            .expect("no policy is wrong");
        ApiDeps {
            agents: self.agents(workspace, identity.clone(), policies.clone()),
            executions: self.executions(adapters.clone(), policies.clone()),
            prices: self.prices(),
            redactions: self.redactions(),
            seal: Arc::new(Plain),
            histories: None,
            public_url: None,
            reports: Reports::new(
                ReportsDeps {
                    store: Arc::new(NoReports),
                    keys: Arc::new(NoReports),
                    adapters: Arc::new(NoReports),
                    redactions: self.redactions(),
                    clock: clock.clone(),
                    ids: ids.clone(),
                },
                SignaturePolicy::default(),
            ),
            telemetry_keys: TelemetryKeys::new(
                Arc::new(NoReports),
                Arc::new(NoReports),
                clock.clone(),
                ids.clone(),
            ),
            webhooks: Webhooks::new(WebhookDeps {
                endpoints: Arc::new(Endpoints::over(self.ledger.clone())),
                signing: Arc::new(Signer),
                seal: Arc::new(Plain),
                clock: clock.clone(),
                ids: ids.clone(),
            }),
            adapter_keys: AdapterKeys::new(
                Arc::new(KeyRing::over(self.ledger.clone())),
                adapters.clone(),
                Arc::new(SystemSecrets),
                clock.clone(),
                ids.clone(),
            ),
            adapters,
            policies,
            trace_notes: Traces::new(
                self.memory.clone(),
                self.memory.clone(),
                clock.clone(),
                ids.clone(),
            ),
            budgets: Budgets::new(self.memory.clone(), clock.clone(), ids.clone()),
            identity,
            traces: self.memory.clone(),
            retention: Retention::new(self.memory.clone(), clock.clone(), self.ids.clone()),
            spans: spans(&self.memory, self.redactions(), &clock, &ids),
            news: self.news.clone(),
            audit: self.memory.clone(),
            log: AuditLog::new(AuditLogDeps {
                entries: self.memory.clone(),
                log: self.memory.clone(),
                name: LOG_NAME.into(),
                clock: clock.clone(),
            }),
            exports: Exports::new(ExportDeps {
                exports: Arc::new(Exported::over(self.memory.clone())),
                archives: Arc::new(NoArchives),
                clock: clock.clone(),
                ids: self.ids.clone(),
            }),
            backend: self.backend.clone(),
            authenticator: Arc::new(Keys),
            limiter: CredentialLimiter::new(None),
            readiness: self.ready.clone(),
            metrics: Arc::new(|| "up 1\n".to_owned()),
            clock,
            info: ServerInfo {
                version: "1.2.3".to_owned(),
            },
        }
    }

    fn redactions(&self) -> Redactions {
        let (clock, ids) = (Arc::clone(&self.clock), Arc::clone(&self.ids));
        let base = self.redactor.clone();
        Redactions::new(base, self.memory.clone(), Arc::new(Derived), clock, ids)
    }

    fn prices(&self) -> TenantPrices {
        let (clock, ids) = (Arc::clone(&self.clock), Arc::clone(&self.ids));
        TenantPrices::new(PriceTable::listed(), self.memory.clone(), clock, ids)
    }

    fn executions(&self, adapters: AdapterRegistry, policies: Policies) -> Executions {
        let deps = ExecutionDeps {
            executions: self.ledger.clone(),
            tools: self.ledger.clone(),
            adapters,
            policies,
            workspaces: Arc::new(Rooms),
            callbacks: Arc::new(PublicAddresses),
            redactions: self.redactions(),
            seal: Arc::new(Plain),
            signer: Arc::new(Plain),
            clock: self.clock.clone(),
            ids: self.ids.clone(),
        };
        Executions::new(deps, ExecutionConfig::default())
    }

    fn agents(&self, workspace: &TempDir, identity: Identity, policies: Policies) -> AgentService {
        let deps = AgentDeps {
            runs: self.memory.clone(),
            outbox: self.memory.clone(),
            models: Arc::new(Model),
            backend: self.backend.clone(),
            workspace: Arc::new(WorkspaceCache::new(
                workspace.path().to_owned(),
                Options::default(),
            )),
            redactions: self.redactions(),
            policies,
            prices: self.prices(),
            seal: Arc::new(Plain),
            tenants: Arc::new(Gate(identity)),
            clock: self.clock.clone(),
            ids: self.ids.clone(),
            instance: InstanceId::generate(&*self.ids),
            tracker: self.tracker.clone(),
            shutdown: CancellationToken::new(),
            abort: CancellationToken::new(),
        };
        let config = AgentConfig {
            retry: RetryPolicy {
                attempts: 1,
                ..RetryPolicy::default()
            },
            budget_wait: Duration::ZERO,
            ..AgentConfig::new(ModelRef {
                provider: "scripted".to_owned(),
                model: "echo".to_owned(),
            })
        };
        AgentService::new(deps, config)
    }
}

/// JSON with its members in order: whether `serde_json` keeps the order of the text depends on what else is built with it.
pub fn sorted(text: &str) -> serde_json::Result<Value> {
    let mut value: Value = serde_json::from_str(text)?;
    value.sort_all_objects();
    Ok(value)
}
