//! What adapters report.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What becomes of adapters' reports without a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReportSignatures {
    /// They are taken.
    Off,
    /// They are taken, and the audit log says so.
    Warn,
    /// They are refused.
    Enforce,
}

/// What adapters report.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ReportSection {
    /// What becomes of reports without a signature: `off`, `warn` or `enforce`. A wrong one is refused in every mode.
    pub signatures: ReportSignatures,
    /// How far the time of signing may be from the server's, in seconds.
    pub max_skew_secs: u32,
}

impl Default for ReportSection {
    fn default() -> Self {
        Self {
            signatures: ReportSignatures::Warn,
            max_skew_secs: 300,
        }
    }
}
