//! What a bundle was asked to show.

use serde::{Deserialize, Serialize};

/// What was asked for. A bundle holds one run of entries without a gap; of those, a bundle of one workspace or trace shows its own
/// and withholds the others: it has their leaf hashes only, with which the tree can be made all the same.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BundleScope {
    /// Entries of this workspace only.
    pub workspace_id: Option<String>,
    /// Entries of this trace only.
    pub trace_id: Option<String>,
    /// The run of entries reaches back to the first one from this moment on, RFC 3339.
    pub from: Option<String>,
    /// It ends with the last one up to this moment, RFC 3339.
    pub to: Option<String>,
}

impl BundleScope {
    /// Whether entries may be withheld.
    #[must_use]
    pub const fn selects(&self) -> bool {
        self.workspace_id.is_some() || self.trace_id.is_some()
    }

    /// Whether an entry of this workspace and this trace is shown.
    #[must_use]
    pub fn shows(&self, workspace: Option<&str>, trace: Option<&str>) -> bool {
        let fits = |asked: &Option<String>, own: Option<&str>| {
            asked.as_deref().is_none_or(|asked| own == Some(asked))
        };
        fits(&self.workspace_id, workspace) && fits(&self.trace_id, trace)
    }
}
