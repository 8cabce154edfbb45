//! Whether requests may be sent here.

use async_trait::async_trait;

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
