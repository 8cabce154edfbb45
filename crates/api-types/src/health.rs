//! How the server is.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// How deep to look.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct HealthQuery {
    /// Also ask the backend.
    #[serde(default)]
    #[param(value_type = Option<bool>)]
    pub deep: bool,
}

/// How the server is, as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum HealthState {
    /// Everything that was looked at works.
    Ok,
    /// Something that was looked at does not.
    Degraded,
}

/// How one part is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CheckState {
    /// It works.
    Ok,
    /// It does not.
    Error,
}

/// How one part is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CheckView {
    /// How it is.
    pub status: CheckState,
}

/// How the server is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"status": "ok", "database": {"status": "ok"}, "version": "0.1.0"}))]
pub struct HealthView {
    /// As a whole.
    pub status: HealthState,
    /// The database.
    pub database: CheckView,
    /// The backend, when it was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backend: Option<CheckView>,
    /// The server's version.
    pub version: String,
}

/// Whether requests may be sent here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReadinessState {
    /// They may.
    Ready,
    /// Not now.
    NotReady,
}

/// How the database is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DatabaseState {
    /// Whether it takes writes.
    pub writable: bool,
    /// Whether its schema is this version's.
    pub migrations_current: bool,
}

/// What readiness depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReadinessChecks {
    /// The database.
    pub database: DatabaseState,
    /// Whether the server is stopping: it finishes what it began and takes nothing new.
    pub stopping: bool,
}

/// Whether requests may be sent here, and what that depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "status": "ready",
    "checks": {"database": {"writable": true, "migrations_current": true}, "stopping": false}
}))]
pub struct ReadinessView {
    /// The verdict.
    pub status: ReadinessState,
    /// What it depends on.
    pub checks: ReadinessChecks,
}
