//! What is asked for.

use clasper_core::{LoggedEntry, Timestamp, TraceId, WorkspaceId, wire_time};
use clasper_evidence::BundleScope;
use serde::{Deserialize, Serialize};

/// Which entries a bundle is to show. Without members it is the whole log.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExportScope {
    /// Those of this workspace.
    pub workspace: Option<WorkspaceId>,
    /// Those of this trace.
    pub trace: Option<TraceId>,
    /// From this moment on.
    pub from: Option<Timestamp>,
    /// Up to this moment.
    pub to: Option<Timestamp>,
}

impl ExportScope {
    /// Whether it is less than the whole log.
    #[must_use]
    pub fn is_part(&self) -> bool {
        *self != Self::default()
    }

    /// Whether entries between those that are shown may be withheld.
    #[must_use]
    pub const fn selects(&self) -> bool {
        self.workspace.is_some() || self.trace.is_some()
    }

    /// Whether the entry is shown. Times only say where the run of entries begins and ends.
    #[must_use]
    pub fn shows(&self, entry: &LoggedEntry) -> bool {
        let entry = &entry.entry;
        let workspace = self.workspace.as_ref();
        workspace.is_none_or(|asked| entry.workspace.as_ref() == Some(asked))
            && self.trace.is_none_or(|asked| entry.trace == Some(asked))
    }

    /// As the manifest says it; `None` for the whole log.
    #[must_use]
    pub fn to_bundle(&self) -> Option<BundleScope> {
        self.is_part().then(|| BundleScope {
            workspace_id: self.workspace.as_ref().map(ToString::to_string),
            trace_id: self.trace.map(|trace| trace.to_string()),
            from: self.from.map(wire_time),
            to: self.to.map(wire_time),
        })
    }
}
