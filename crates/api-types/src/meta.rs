//! What the server is, and whether a backend fits it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What the server is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "version": "0.1.0", "contract_version": "1.1.0", "name": "clasper",
    "features": ["traces", "governance", "budgets", "audit", "streaming"]
}))]
pub struct VersionView {
    /// The server's version.
    pub version: String,
    /// The version of the contracts that it speaks.
    pub contract_version: String,
    /// Always `clasper`.
    pub name: String,
    /// What it can do.
    pub features: Vec<String>,
}

/// Whether the caller's backend fits this server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "compatible": true, "clasper_contract_version": "1.1.0", "control_plane_contract_version": "v1", "warnings": []
}))]
pub struct CompatibilityView {
    /// Whether messages can be run against it.
    pub compatible: bool,
    /// The version of the contracts that this server speaks.
    pub clasper_contract_version: String,
    /// The version that the backend announced; null when it did not answer.
    #[schema(required)]
    pub control_plane_contract_version: Option<String>,
    /// What works less well.
    pub warnings: Vec<String>,
    /// Why it does not fit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Required features that are off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing_features: Option<Vec<String>>,
}
