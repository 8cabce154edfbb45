//! The section of exports.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Export bundles.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ExportSection {
    /// The folder of archives; without it `exports` beside the SQLite file, or in the working directory. Several servers on one database
    /// share it.
    pub directory: Option<PathBuf>,
    /// How long an archive can be fetched, in hours.
    pub keep_hours: u32,
}

impl Default for ExportSection {
    fn default() -> Self {
        Self {
            directory: None,
            keep_hours: 24,
        }
    }
}
