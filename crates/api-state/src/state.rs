//! What the routes work with.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use axum::extract::FromRef;
use clasper_core::{Clock, Seal};
use clasper_delegated::Executions;
use clasper_delegated::adapter::{AdapterKeys, AdapterRegistry};
use clasper_evidence::{AuditLog, AuditStore};
use clasper_exports::Exports;
use clasper_governance::forecast::CostHistories;
use clasper_governance::{Budgets, TenantPrices};
use clasper_http::CredentialLimiter;
use clasper_identity::{Authenticator, Identity};
use clasper_otlp::SpanIntake;
use clasper_policy::Policies;
use clasper_privacy::Redactions;
use clasper_reports::{Reports, TelemetryKeys};
use clasper_retention::Retention;
use clasper_runtime::backend::ControlPlane;
use clasper_runtime::service::AgentService;
use clasper_tracing::{TraceStore, Traces};
use clasper_webhook::Webhooks;

use crate::news::LogNews;
use crate::readiness::Readiness;

/// What the server says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerInfo {
    /// Its version.
    pub version: String,
}

/// Writes the metrics in Prometheus' text form.
pub type MetricsText = Arc<dyn Fn() -> String + Send + Sync>;

/// Everything that the routes work with.
pub struct ApiDeps {
    /// Runs agents.
    pub agents: AgentService,
    /// Budgets and usage.
    pub budgets: Budgets,
    /// Tenants and API keys.
    pub identity: Identity,
    /// Executions that adapters carry out.
    pub executions: Executions,
    /// The registry of adapters.
    pub adapters: AdapterRegistry,
    /// Keys of adapters.
    pub adapter_keys: AdapterKeys,
    /// What adapters report of what they did.
    pub reports: Reports,
    /// Keys by which that is verified.
    pub telemetry_keys: TelemetryKeys,
    /// Endpoints of webhooks.
    pub webhooks: Webhooks,
    /// Policies.
    pub policies: Policies,
    /// What models cost.
    pub prices: TenantPrices,
    /// What each tenant wants redacted.
    pub redactions: Redactions,
    /// Opens what was sealed.
    pub seal: Arc<dyn Seal>,
    /// What runs have cost the tenants; without it, forecasts rest on declared maximums.
    pub histories: Option<Arc<dyn CostHistories>>,
    /// The address under which the server is reached from outside, such as `https://clasper.example.com`; without it,
    /// addresses in answers are made from the request's host.
    pub public_url: Option<String>,
    /// Traces.
    pub traces: Arc<dyn TraceStore>,
    /// Labels, annotations and comparisons of traces.
    pub trace_notes: Traces,
    /// How traces are kept and forgotten.
    pub retention: Retention,
    /// Takes spans of foreign instrumentation.
    pub spans: SpanIntake,
    /// When the audit logs may have grown.
    pub news: LogNews,
    /// The audit log.
    pub audit: Arc<dyn AuditStore>,
    /// Checkpoints, proofs and tiles of the audit logs.
    pub log: AuditLog,
    /// Export bundles.
    pub exports: Exports,
    /// The tenants' backend.
    pub backend: Arc<dyn ControlPlane>,
    /// Proves credentials.
    pub authenticator: Arc<dyn Authenticator>,
    /// Requests per credential.
    pub limiter: CredentialLimiter,
    /// Whether requests may be sent here.
    pub readiness: Arc<dyn Readiness>,
    /// The metrics.
    pub metrics: MetricsText,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The server.
    pub info: ServerInfo,
}

/// The state of the routes. Cheap to clone: every request does.
#[derive(Clone)]
pub struct ApiState(Arc<ApiDeps>);

impl ApiState {
    /// The state over its parts.
    #[must_use]
    pub fn new(deps: ApiDeps) -> Self {
        Self(Arc::new(deps))
    }
}

impl Deref for ApiState {
    type Target = ApiDeps;

    fn deref(&self) -> &ApiDeps {
        &self.0
    }
}

impl fmt::Debug for ApiState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiState")
            .field("info", &self.info)
            .finish_non_exhaustive()
    }
}

impl FromRef<ApiState> for Arc<dyn Authenticator> {
    fn from_ref(state: &ApiState) -> Self {
        Arc::clone(&state.authenticator)
    }
}

impl FromRef<ApiState> for CredentialLimiter {
    fn from_ref(state: &ApiState) -> Self {
        state.limiter.clone()
    }
}
