//! The entries that justify what happens to exports.

use clasper_core::{
    AuditEntry, AuditEntryId, AuditEvent, Caller, ExportId, IdSource, Principal, TenantId,
    Timestamp, canonical_json,
};
use serde_json::Value;

/// An entry about an export, by a person.
pub(crate) fn by_caller(
    caller: &Caller,
    event: AuditEvent,
    id: ExportId,
    detail: &Value,
    (ids, now): (&dyn IdSource, Timestamp),
) -> Result<AuditEntry, serde_json::Error> {
    Ok(AuditEntry {
        id: AuditEntryId::generate(ids),
        tenant: caller.principal.tenant.clone(),
        workspace: None,
        trace: Some(caller.trace),
        user: caller.principal.user.clone(),
        actor: caller.principal.actor(),
        event,
        target: Some(target(id)),
        detail: canonical_json(detail)?,
        occurred_at: now,
    })
}

/// An entry about an export, by Clasper itself.
pub(crate) fn by_system(
    tenant: &TenantId,
    event: AuditEvent,
    id: ExportId,
    detail: &Value,
    (ids, now): (&dyn IdSource, Timestamp),
) -> Result<AuditEntry, serde_json::Error> {
    Ok(AuditEntry {
        id: AuditEntryId::generate(ids),
        tenant: tenant.clone(),
        workspace: None,
        trace: None,
        user: None,
        actor: Principal::system(tenant.clone()).actor(),
        event,
        target: Some(target(id)),
        detail: canonical_json(detail)?,
        occurred_at: now,
    })
}

fn target(id: ExportId) -> String {
    format!("export:{id}")
}
