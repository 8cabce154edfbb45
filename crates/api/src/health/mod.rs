//! How the server is. These routes are open and show nothing of any tenant.

mod live;
mod metrics;
mod overview;
mod ready;

use async_trait::async_trait;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::ApiState;

/// Whether requests may be sent here, as found a moment ago.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadinessReport {
    /// Whether the database takes writes.
    pub database_writable: bool,
    /// Whether its schema is this version's.
    pub migrations_current: bool,
    /// Whether the server is stopping.
    pub stopping: bool,
}

impl ReadinessReport {
    /// Whether requests may be sent here.
    #[must_use]
    pub const fn is_ready(&self) -> bool {
        self.database_writable && self.migrations_current && !self.stopping
    }
}

/// Looks whether requests may be sent here. Asked by anyone and often, so it must be cheap.
#[async_trait]
pub trait Readiness: Send + Sync {
    /// Looks now.
    async fn check(&self) -> ReadinessReport;
}

pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(overview::get_health))
        .routes(routes!(live::check_liveness))
        .routes(routes!(ready::check_readiness))
        .routes(routes!(metrics::get_metrics))
}
