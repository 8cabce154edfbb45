//! Changes a tenant's policy, with the entry that says from what to what.

use async_trait::async_trait;
use clasper_core::{AuditEntry, TenantScope, canonical_json};
use clasper_db::WriteTransaction;
use clasper_retention::{PolicyChange, PolicyWrite, RetentionPolicy};
use clasper_store::{Batch, Needs, WriteOp};
use sea_orm::DbErr;
use serde_json::json;

pub(crate) struct ChangePolicy {
    pub(crate) scope: TenantScope,
    pub(crate) change: PolicyChange,
    pub(crate) expected: Option<i64>,
    pub(crate) entry: AuditEntry,
}

#[async_trait]
impl WriteOp for ChangePolicy {
    type Answer = PolicyWrite;

    fn needs(&self, needs: &mut Needs) {
        needs.tenant(self.scope.tenant());
    }

    async fn apply(&self, batch: &mut Batch, _: &WriteTransaction) -> Result<PolicyWrite, DbErr> {
        let tenant = self.scope.tenant();
        if batch.tenant(tenant).is_none() {
            return Ok(PolicyWrite::NoTenant);
        }
        let before = batch.retention(tenant)?;
        let revision = before.as_ref().map_or(0, |policy| policy.revision);
        if self.expected.is_some_and(|expected| expected != revision) {
            return Ok(PolicyWrite::Changed);
        }
        let (now, actor) = (self.entry.occurred_at, &self.entry.actor);
        let policy = RetentionPolicy::changed(before.as_ref(), &self.change, now, actor);
        let detail = json!({ "before": before, "policy": policy });
        batch.append(AuditEntry {
            detail: canonical_json(&detail).map_err(|error| DbErr::Custom(error.to_string()))?,
            ..self.entry.clone()
        })?;
        batch.set_retention(tenant, &policy)?;
        Ok(PolicyWrite::Written(policy))
    }
}
