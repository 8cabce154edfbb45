//! JSON, one entry a line.

use chrono::SecondsFormat;
use clasper_core::{LoggedEntry, canonical_json};
use serde_json::{Value, json};

/// The entry as one line of JSON with its newline, members in RFC 8785 order. Times are RFC 3339 with microseconds; `detail` is an object.
///
/// # Errors
/// When the stored particulars are no JSON.
pub fn jsonl_line(logged: &LoggedEntry) -> Result<String, serde_json::Error> {
    let entry = &logged.entry;
    let detail: Value = serde_json::from_str(entry.detail.as_str())?;
    let time = entry
        .occurred_at
        .to_rfc3339_opts(SecondsFormat::Micros, true);
    let line = canonical_json(&json!({
        "actor": entry.actor,
        "detail": detail,
        "entry_id": entry.id.to_string(),
        "event_type": entry.event.name(),
        "leaf_hash": logged.leaf_hash,
        "occurred_at": time,
        "prev_hash": logged.prev_hash,
        "seq": logged.seq,
        "target": entry.target,
        "tenant_id": entry.tenant,
        "trace_id": entry.trace.map(|id| id.to_string()),
        "user_id": entry.user,
        "workspace_id": entry.workspace,
    }))?;
    Ok(line.into_string() + "\n")
}
