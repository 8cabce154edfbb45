//! The registry of adapters.

use async_trait::async_trait;
use clasper_core::{AuditEntry, TenantScope};
use clasper_db::WriteTransaction;
use clasper_delegated::adapter::{Adapter, AdapterWrite, KeyIssue};
use sea_orm::DbErr;

use crate::execution_row;
use crate::write::batch::Batch;
use crate::write::{Needs, WriteOp, adapter_key};

pub(crate) struct PutAdapter {
    pub(crate) scope: TenantScope,
    pub(crate) revision: i64,
    pub(crate) adapter: Adapter,
    pub(crate) entry: AuditEntry,
    pub(crate) key: Option<KeyIssue>,
}

#[async_trait]
impl WriteOp for PutAdapter {
    type Answer = AdapterWrite;

    fn needs(&self, needs: &mut Needs) {
        needs.tenant(self.scope.tenant());
        needs.governance_head(self.scope.tenant());
    }

    async fn apply(
        &self,
        batch: &mut Batch,
        transaction: &WriteTransaction,
    ) -> Result<AdapterWrite, DbErr> {
        let tenant = self.scope.tenant();
        if batch.tenant(tenant).is_none() {
            return Ok(AdapterWrite::NoSuchTenant);
        }
        if batch.governance_revision(tenant) != self.revision {
            return Ok(AdapterWrite::Stale);
        }
        batch.raise_governance_revision(tenant, self.entry.occurred_at);
        let seq = batch.append(self.entry.clone())?;
        let row = execution_row::adapter_row(&self.adapter, seq)?;
        batch.governed.adapters.push(row);
        if let Some(issue) = &self.key {
            adapter_key::issue(batch, transaction, &self.scope, issue).await?;
        }
        Ok(AdapterWrite::Written)
    }
}
