//! Audit entries as they are sent.

use clasper_api_types::AuditEntryView;
use clasper_core::LoggedEntry;
use serde_json::value::{RawValue, to_raw_value};

pub(super) fn entry(logged: LoggedEntry) -> AuditEntryView {
    let entry = logged.entry;
    AuditEntryView {
        id: entry.id,
        seq: logged.seq,
        tenant_id: entry.tenant,
        workspace_id: entry.workspace,
        trace_id: entry.trace,
        user_id: entry.user,
        actor: entry.actor,
        event_type: entry.event.name().to_owned(),
        target: entry.target,
        event_data: data(entry.detail.as_str()),
        created_at: entry.occurred_at.into(),
        prev_hash: logged.prev_hash.map(|hash| hash.to_string()),
        leaf_hash: logged.leaf_hash.to_string(),
    }
}

/// The stored text as it is, so that it can be hashed again. Text that someone made no JSON of is shown as text.
fn data(stored: &str) -> Box<RawValue> {
    serde_json::from_str::<&RawValue>(stored)
        .map(ToOwned::to_owned)
        .or_else(|_| to_raw_value(stored))
        .expect("a text has a JSON form")
}
