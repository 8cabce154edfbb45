//! Compares the policy in a tenant's account with the last entry that changed it.

use clasper_core::{AuditEvent, LoggedEntry};
use clasper_entity::tenant;
use serde_json::Value;

use crate::detail::Detail;

/// The policy that the log says counts.
#[derive(Default)]
pub(crate) struct RetentionCheck(Option<Value>);

impl RetentionCheck {
    /// Notes what `entry` says.
    pub(crate) fn take(&mut self, entry: &LoggedEntry, detail: &Detail) {
        if entry.entry.event == AuditEvent::RetentionChanged {
            self.0 = Some(detail.member("policy").clone());
        }
    }

    /// Compares, once the whole log was read.
    pub(crate) fn compare(self, account: &tenant::Model, faults: &mut Vec<String>) {
        let stored = account.retention.as_deref();
        let stored = stored.map(|text| serde_json::from_str(text).unwrap_or_default());
        if stored != self.0 {
            faults.push("the retention policy is not the one that the log says counts".to_owned());
        }
    }
}
