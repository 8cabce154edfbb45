//! Messages to backends: taken, delivered, put off, given up.

use async_trait::async_trait;
use clasper_core::{AuditEntry, OutboxMessageId, Timestamp};
use clasper_db::WriteTransaction;
use clasper_entity::outbox_message::{Column, Entity, Model};
use clasper_runtime::run::OutboxMessage;
use sea_orm::sea_query::{Expr, LockBehavior, LockType};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait};

use crate::row;
use crate::write::batch::{Batch, plus};
use crate::write::{Needs, WriteOp};

pub(crate) struct TakeDue {
    pub(crate) now: Timestamp,
    pub(crate) lease_until: Timestamp,
    pub(crate) limit: u32,
}

#[async_trait]
impl WriteOp for TakeDue {
    type Answer = Vec<OutboxMessage>;

    fn needs(&self, _: &mut Needs) {}

    async fn apply(
        &self,
        batch: &mut Batch,
        transaction: &WriteTransaction,
    ) -> Result<Self::Answer, DbErr> {
        // What was delivered within this group is deleted at its end, but still there now.
        let delivered = batch.delivered.iter().copied();
        let mut due = Entity::find()
            .filter(Column::MessageId.is_not_in(delivered))
            .filter(Column::GivenUp.eq(false))
            .filter(Column::NextAttemptAt.lte(self.now.timestamp_micros()))
            .order_by_asc(Column::NextAttemptAt)
            .limit(u64::from(self.limit));
        if batch.dialect == clasper_db::Dialect::Postgres {
            QueryTrait::query(&mut due)
                .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked);
        }
        let rows = transaction.all(due).await?;
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let update = Entity::update_many()
            .col_expr(
                Column::NextAttemptAt,
                Expr::value(self.lease_until.timestamp_micros()),
            )
            .col_expr(Column::Attempts, plus(Column::Attempts, 1))
            .filter(Column::MessageId.is_in(rows.iter().map(|row| row.message_id)));
        transaction.execute(&update).await?;
        rows.into_iter().map(message).collect()
    }
}

fn message(row: Model) -> Result<OutboxMessage, DbErr> {
    const TABLE: &str = "outbox_messages";
    Ok(OutboxMessage {
        id: OutboxMessageId::from_uuid(row.message_id),
        tenant: row::tenant_id(&row.tenant_id, TABLE)?,
        trace: clasper_core::TraceId::from_uuid(row.trace_id),
        kind: row.kind,
        idempotency_key: row.idempotency_key,
        agent: serde_json::from_str(&row.agent).map_err(|_| row::corrupt(TABLE, "agent"))?,
        payload: row.payload,
        created_at: row::time(row.created_at),
        next_attempt_at: row::time(row.next_attempt_at),
        attempts: u32::try_from(row.attempts + 1).unwrap_or(u32::MAX),
    })
}

pub(crate) struct Delivered {
    pub(crate) message: OutboxMessageId,
    pub(crate) entry: AuditEntry,
}

#[async_trait]
impl WriteOp for Delivered {
    type Answer = ();

    fn needs(&self, needs: &mut Needs) {
        needs.tenant(&self.entry.tenant);
    }

    async fn apply(&self, batch: &mut Batch, _: &WriteTransaction) -> Result<(), DbErr> {
        batch.append(self.entry.clone())?;
        batch.delivered.push(self.message.as_uuid());
        Ok(())
    }
}

pub(crate) struct PutOff {
    pub(crate) message: OutboxMessageId,
    pub(crate) next_attempt_at: Timestamp,
}

#[async_trait]
impl WriteOp for PutOff {
    type Answer = ();

    fn needs(&self, _: &mut Needs) {}

    async fn apply(&self, _: &mut Batch, transaction: &WriteTransaction) -> Result<(), DbErr> {
        let update = Entity::update_many()
            .col_expr(
                Column::NextAttemptAt,
                Expr::value(self.next_attempt_at.timestamp_micros()),
            )
            .filter(Column::MessageId.eq(self.message.as_uuid()));
        transaction.execute(&update).await.map(drop)
    }
}

pub(crate) struct GiveUp {
    pub(crate) message: OutboxMessageId,
    pub(crate) entry: AuditEntry,
}

#[async_trait]
impl WriteOp for GiveUp {
    type Answer = ();

    fn needs(&self, needs: &mut Needs) {
        needs.tenant(&self.entry.tenant);
    }

    async fn apply(&self, batch: &mut Batch, transaction: &WriteTransaction) -> Result<(), DbErr> {
        batch.append(self.entry.clone())?;
        let update = Entity::update_many()
            .col_expr(Column::GivenUp, Expr::value(true))
            .filter(Column::MessageId.eq(self.message.as_uuid()));
        transaction.execute(&update).await.map(drop)
    }
}
