//! What tenants want redacted, and who read what was.

use async_trait::async_trait;
use clasper_core::{AuditEntry, TenantScope, canonical_json};
use clasper_db::WriteTransaction;
use clasper_entity::redaction_config::{self, Column as C};
use clasper_privacy::{ConfigRecord, ConfigWrite};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QuerySelect, QueryTrait};
use serde_json::{Value, json};

use crate::row;
use crate::write::batch::Batch;
use crate::write::{Needs, WriteOp};

/// Saves a version.
pub(crate) struct PutRedaction {
    pub(crate) scope: TenantScope,
    pub(crate) config: ConfigRecord,
    pub(crate) expected: Option<i64>,
    pub(crate) entry: AuditEntry,
}

#[async_trait]
impl WriteOp for PutRedaction {
    type Answer = ConfigWrite;

    fn needs(&self, needs: &mut Needs) {
        needs.tenant(self.scope.tenant());
    }

    // It changes rarely, so this reads and writes its own rows in the group's transaction.
    async fn apply(
        &self,
        batch: &mut Batch,
        transaction: &WriteTransaction,
    ) -> Result<ConfigWrite, DbErr> {
        let tenant = self.scope.tenant().as_str();
        let newest = redaction_config::Entity::find()
            .filter(C::TenantId.eq(tenant))
            .select_only()
            .column_as(C::Revision.max(), "n");
        let counts = transaction.integer(&newest.into_query()).await?;
        let counts = counts.unwrap_or(0);
        if self.expected.is_some_and(|expected| expected != counts) {
            return Ok(ConfigWrite::Changed);
        }
        let revision = counts + 1;
        let mut detail: Value = serde_json::from_str(self.entry.detail.as_str())
            .map_err(|_| row::corrupt("redaction_configs", "entry"))?;
        detail["revision"] = json!(revision);
        let seq = batch.append(AuditEntry {
            detail: canonical_json(&detail).map_err(row::unspeakable)?,
            ..self.entry.clone()
        })?;
        let row = redaction_config::Model {
            tenant_id: tenant.to_owned(),
            revision,
            document: self.config.document.to_string(),
            updated_at: self.config.updated_at.timestamp_micros(),
            updated_by: self.config.updated_by.clone(),
            audit_seq: seq,
        };
        transaction.upsert([row]).await?;
        Ok(ConfigWrite::Written(revision))
    }
}

/// Says in the log what is about to be read.
pub(crate) struct RecordReveal(pub(crate) AuditEntry);

#[async_trait]
impl WriteOp for RecordReveal {
    type Answer = ();

    fn needs(&self, needs: &mut Needs) {
        needs.tenant(&self.0.tenant);
    }

    async fn apply(&self, batch: &mut Batch, _: &WriteTransaction) -> Result<(), DbErr> {
        batch.append(self.0.clone()).map(drop)
    }
}
