//! CSV (RFC 4180) that a spreadsheet does not execute.

use chrono::SecondsFormat;
use clasper_core::LoggedEntry;

/// The first line.
pub const CSV_HEADER: &str = "seq,occurred_at,event_type,actor,tenant_id,workspace_id,user_id,trace_id,target,entry_id,detail,prev_hash,leaf_hash\r\n";

/// The entry as one line with its CRLF, columns as in [`CSV_HEADER`].
///
/// Every field is quoted. A field that a spreadsheet could take for a formula (it begins, perhaps after spaces, with `=`, `+`, `-`, `@` or
/// their full-width forms, or with a tab, carriage return or newline) gets an apostrophe before it, as OWASP advises.
#[must_use]
pub fn csv_row(logged: &LoggedEntry) -> String {
    let entry = &logged.entry;
    let text = |value: Option<String>| value.unwrap_or_default();
    let fields = [
        logged.seq.to_string(),
        entry
            .occurred_at
            .to_rfc3339_opts(SecondsFormat::Micros, true),
        entry.event.name().to_owned(),
        entry.actor.clone(),
        entry.tenant.to_string(),
        text(entry.workspace.as_ref().map(ToString::to_string)),
        text(entry.user.as_ref().map(ToString::to_string)),
        text(entry.trace.map(|id| id.to_string())),
        text(entry.target.clone()),
        entry.id.to_string(),
        entry.detail.as_str().to_owned(),
        text(logged.prev_hash.map(|hash| hash.to_string())),
        logged.leaf_hash.to_string(),
    ];
    let mut row = String::with_capacity(512);
    for (place, field) in fields.iter().enumerate() {
        if place > 0 {
            row.push(',');
        }
        push_field(&mut row, field);
    }
    row.push_str("\r\n");
    row
}

fn push_field(row: &mut String, field: &str) {
    row.push('"');
    let spaced = field.trim_start_matches(' ');
    if spaced.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']) {
        row.push('\'');
    }
    row.push_str(&field.replace('"', "\"\""));
    row.push('"');
}
