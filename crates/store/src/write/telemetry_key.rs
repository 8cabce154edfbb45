//! Keys by which the reports of adapters are verified.

use async_trait::async_trait;
use clasper_core::{AdapterId, AuditEntry, TenantScope};
use clasper_db::WriteTransaction;
use clasper_entity::telemetry_key::{Column, Entity, Model};
use clasper_reports::TelemetryKey;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, DbErr, EntityTrait, QueryFilter};

use crate::row;
use crate::write::batch::Batch;
use crate::write::{Needs, WriteOp};

pub(crate) struct SetTelemetryKey {
    pub(crate) scope: TenantScope,
    pub(crate) key: TelemetryKey,
    pub(crate) entry: AuditEntry,
}

#[async_trait]
impl WriteOp for SetTelemetryKey {
    type Answer = ();

    fn needs(&self, needs: &mut Needs) {
        needs.tenant(self.scope.tenant());
    }

    async fn apply(&self, batch: &mut Batch, transaction: &WriteTransaction) -> Result<(), DbErr> {
        let key = &self.key;
        let seq = batch.append(self.entry.clone())?;
        let now = key.created_at.timestamp_micros();
        let replaced = Entity::update_many()
            .col_expr(Column::ReplacedAt, Expr::value(now))
            .filter(of(&self.scope, &key.adapter, key.version.as_deref()))
            .filter(Column::ReplacedAt.is_null());
        transaction.execute(&replaced).await?;
        let row = Model {
            tenant_id: self.scope.tenant().as_str().to_owned(),
            audit_seq: seq,
            adapter_id: key.adapter.as_str().to_owned(),
            adapter_version: key.version.clone(),
            key_id: key.id.clone(),
            key_alg: key.key.algorithm().name().to_owned(),
            public_jwk: serde_json::to_string(key.key.jwk()).map_err(row::unspeakable)?,
            created_at: now,
            replaced_at: None,
            revoked_at: None,
        };
        transaction.insert([row]).await
    }
}

pub(crate) struct RevokeTelemetryKeys {
    pub(crate) scope: TenantScope,
    pub(crate) adapter: AdapterId,
    pub(crate) version: Option<String>,
    pub(crate) entry: AuditEntry,
}

#[async_trait]
impl WriteOp for RevokeTelemetryKeys {
    type Answer = u64;

    fn needs(&self, needs: &mut Needs) {
        needs.tenant(self.scope.tenant());
    }

    async fn apply(&self, batch: &mut Batch, transaction: &WriteTransaction) -> Result<u64, DbErr> {
        let at = self.entry.occurred_at.timestamp_micros();
        let update = Entity::update_many()
            .col_expr(Column::RevokedAt, Expr::value(at))
            .filter(of(&self.scope, &self.adapter, self.version.as_deref()))
            .filter(Column::RevokedAt.is_null());
        let revoked = transaction.execute(&update).await?;
        if revoked > 0 {
            batch.append(self.entry.clone())?;
        }
        Ok(revoked)
    }
}

/// The keys of a version; without one, all of the adapter.
fn of(scope: &TenantScope, adapter: &AdapterId, version: Option<&str>) -> Condition {
    let all = Condition::all()
        .add(Column::TenantId.eq(scope.tenant().as_str()))
        .add(Column::AdapterId.eq(adapter.as_str()));
    match version {
        Some(version) => all.add(Column::AdapterVersion.eq(version)),
        None => all,
    }
}
