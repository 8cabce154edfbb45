//! Keys of adapters.

use async_trait::async_trait;
use clasper_core::{AdapterId, AuditEntry, TenantScope};
use clasper_db::WriteTransaction;
use clasper_delegated::adapter::KeyIssue;
use clasper_entity::adapter_key::{Column, Entity, Model};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, DbErr, EntityTrait, QueryFilter};

use crate::write::batch::Batch;
use crate::write::{Needs, WriteOp};

pub(crate) struct IssueAdapterKey {
    pub(crate) scope: TenantScope,
    pub(crate) issue: KeyIssue,
}

#[async_trait]
impl WriteOp for IssueAdapterKey {
    type Answer = ();

    fn needs(&self, needs: &mut Needs) {
        needs.tenant(self.scope.tenant());
    }

    async fn apply(&self, batch: &mut Batch, transaction: &WriteTransaction) -> Result<(), DbErr> {
        issue(batch, transaction, &self.scope, &self.issue).await
    }
}

/// Stores a key, and ends the adapter's others.
pub(super) async fn issue(
    batch: &mut Batch,
    transaction: &WriteTransaction,
    scope: &TenantScope,
    issue: &KeyIssue,
) -> Result<(), DbErr> {
    let seq = batch.append(issue.entry.clone())?;
    let key = &issue.key;
    let end = issue.others_end.timestamp_micros();
    let replaced = Entity::update_many()
        .col_expr(Column::ExpiresAt, Expr::value(end))
        .filter(of(scope, &key.adapter))
        .filter(Column::RevokedAt.is_null())
        .filter(
            Condition::any()
                .add(Column::ExpiresAt.is_null())
                .add(Column::ExpiresAt.gt(end)),
        );
    transaction.execute(&replaced).await?;
    let row = Model {
        key_id: key.id.as_uuid(),
        tenant_id: scope.tenant().as_str().to_owned(),
        adapter_id: key.adapter.as_str().to_owned(),
        workspace_id: key.workspace.as_str().to_owned(),
        prefix: key.prefix.clone(),
        secret_hash: key.secret_hash.as_bytes().to_vec(),
        created_at: key.created_at.timestamp_micros(),
        expires_at: key.expires_at.map(|end| end.timestamp_micros()),
        revoked_at: None,
        audit_seq: seq,
    };
    transaction.insert([row]).await
}

pub(crate) struct RevokeAdapterKeys {
    pub(crate) scope: TenantScope,
    pub(crate) adapter: AdapterId,
    pub(crate) entry: AuditEntry,
}

#[async_trait]
impl WriteOp for RevokeAdapterKeys {
    type Answer = ();

    fn needs(&self, needs: &mut Needs) {
        needs.tenant(self.scope.tenant());
    }

    async fn apply(&self, batch: &mut Batch, transaction: &WriteTransaction) -> Result<(), DbErr> {
        batch.append(self.entry.clone())?;
        let at = self.entry.occurred_at.timestamp_micros();
        let update = Entity::update_many()
            .col_expr(Column::RevokedAt, Expr::value(at))
            .filter(of(&self.scope, &self.adapter))
            .filter(Column::RevokedAt.is_null());
        transaction.execute(&update).await.map(drop)
    }
}

fn of(scope: &TenantScope, adapter: &AdapterId) -> Condition {
    Condition::all()
        .add(Column::TenantId.eq(scope.tenant().as_str()))
        .add(Column::AdapterId.eq(adapter.as_str()))
}
