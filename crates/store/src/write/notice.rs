//! Callbacks and webhooks: made by the changes that they report, taken, settled.

use std::collections::{BTreeSet, HashMap};

use async_trait::async_trait;
use clasper_core::{EndpointId, OutboxMessageId, Timestamp, TraceId};
use clasper_db::{Dialect, WriteTransaction};
use clasper_entity::notice::{Column, Entity, Model};
use clasper_entity::{audit_entry, webhook_endpoint};
use clasper_webhook::{
    AttemptRecord, Destination, DueNotice, EventType, SealedEndpoint, Then, message_id, queue,
};
use sea_orm::sea_query::{Expr, ExprTrait, LockBehavior, LockType, Query, SelectStatement};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait};

use crate::row;
use crate::write::batch::{Batch, plus};
use crate::write::{Needs, WriteOp};

/// It is to be told.
pub(crate) const WAITING: &str = "waiting";
/// It was told.
pub(crate) const DELIVERED: &str = "delivered";
/// It is not tried again.
pub(crate) const FAILED: &str = "failed";

/// The messages to the endpoints of the tenants about what happened to them.
pub(super) async fn webhooks<'a>(
    transaction: &WriteTransaction,
    told: impl Iterator<Item = (&'a audit_entry::Model, EventType)> + Clone + Send,
) -> Result<Vec<Model>, DbErr> {
    let tenants: BTreeSet<&str> = told
        .clone()
        .map(|(row, _)| row.tenant_id.as_str())
        .collect();
    if tenants.is_empty() {
        return Ok(Vec::new());
    }
    let select = webhook_endpoint::Entity::find()
        .filter(webhook_endpoint::Column::TenantId.is_in(tenants))
        .filter(webhook_endpoint::Column::Enabled.eq(true));
    let endpoints = transaction.all(select).await?;
    if endpoints.is_empty() {
        return Ok(Vec::new());
    }
    let mut messages = Vec::new();
    for endpoint in &endpoints {
        let wanted: BTreeSet<&str> = serde_json::from_str(&endpoint.event_types)
            .map_err(|_| row::corrupt("webhook_endpoints", "event_types"))?;
        let own = told.clone().filter(|(row, event)| {
            row.tenant_id == endpoint.tenant_id && wanted.contains(event.name())
        });
        messages.extend(own.map(|(row, event)| webhook(endpoint, row, event)));
    }
    Ok(messages)
}

fn webhook(
    endpoint: &webhook_endpoint::Model,
    entry: &audit_entry::Model,
    event: EventType,
) -> Model {
    let receiver = endpoint.endpoint_id.to_string();
    let entity = entry.target.as_deref().unwrap_or_default();
    let body = event.body(
        &entry.tenant_id,
        &entry.detail,
        row::time(entry.occurred_at),
    );
    Model {
        message_id: message_id(&entry.tenant_id, entry.seq, &receiver).as_uuid(),
        tenant_id: entry.tenant_id.clone(),
        endpoint_id: Some(endpoint.endpoint_id),
        event_type: event.name().to_owned(),
        queue: queue(&receiver, entity),
        position: entry.seq,
        trace_id: entry.trace_id,
        payload: body.into_bytes(),
        state: WAITING.to_owned(),
        attempts: 0,
        last_result: None,
        last_attempt_at: None,
        created_at: entry.occurred_at,
        next_attempt_at: entry.occurred_at,
    }
}

pub(crate) struct TakeNotices {
    pub(crate) now: Timestamp,
    pub(crate) lease_until: Timestamp,
    pub(crate) limit: u32,
}

#[async_trait]
impl WriteOp for TakeNotices {
    type Answer = Vec<DueNotice>;

    fn needs(&self, _: &mut Needs) {}

    async fn apply(
        &self,
        batch: &mut Batch,
        transaction: &WriteTransaction,
    ) -> Result<Self::Answer, DbErr> {
        let mut due = Entity::find()
            .filter(Column::State.eq(WAITING))
            .filter(Column::NextAttemptAt.lte(self.now.timestamp_micros()))
            .filter(Expr::exists(waiting_before()).not())
            .order_by_asc(Column::NextAttemptAt)
            .order_by_asc(Column::Position)
            .limit(u64::from(self.limit));
        if batch.dialect == Dialect::Postgres {
            QueryTrait::query(&mut due)
                .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked);
        }
        let rows = transaction.all(due).await?;
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let lease = self.lease_until.timestamp_micros();
        let update = Entity::update_many()
            .col_expr(Column::NextAttemptAt, Expr::value(lease))
            .col_expr(Column::Attempts, plus(Column::Attempts, 1))
            .filter(Column::MessageId.is_in(rows.iter().map(|row| row.message_id)));
        transaction.execute(&update).await?;
        let endpoints = endpoints_of(transaction, &rows).await?;
        rows.into_iter()
            .map(|row| due_notice(row, &endpoints))
            .collect()
    }
}

/// Messages that wait in the same queue and have to go first.
fn waiting_before() -> SelectStatement {
    Query::select()
        .expr(Expr::val(1))
        .from_as("notices", "before")
        .and_where(Expr::col(("before", "queue")).equals(("notices", "queue")))
        .and_where(Expr::col(("before", "state")).eq(WAITING))
        .and_where(Expr::col(("before", "position")).lt(Expr::col(("notices", "position"))))
        .take()
}

type Endpoints = HashMap<sea_orm::prelude::Uuid, SealedEndpoint>;

async fn endpoints_of(transaction: &WriteTransaction, rows: &[Model]) -> Result<Endpoints, DbErr> {
    let ids: BTreeSet<_> = rows.iter().filter_map(|row| row.endpoint_id).collect();
    if ids.is_empty() {
        return Ok(Endpoints::new());
    }
    let select =
        webhook_endpoint::Entity::find().filter(webhook_endpoint::Column::EndpointId.is_in(ids));
    let found = transaction.all(select).await?;
    let sealed = |row: webhook_endpoint::Model| SealedEndpoint {
        id: EndpointId::from_uuid(row.endpoint_id),
        url: row.sealed_url,
        secret: row.sealed_secret,
        old_secret: row
            .sealed_old_secret
            .zip(row.old_secret_until.map(row::time)),
        enabled: row.enabled,
        failing_since: row.failing_since.map(row::time),
    };
    Ok(found
        .into_iter()
        .map(|row| (row.endpoint_id, sealed(row)))
        .collect())
}

fn due_notice(row: Model, endpoints: &Endpoints) -> Result<DueNotice, DbErr> {
    let to = match row.endpoint_id {
        None => Destination::Callback,
        Some(id) => match endpoints.get(&id) {
            Some(endpoint) => Destination::Endpoint(Box::new(endpoint.clone())),
            None => Destination::Removed(EndpointId::from_uuid(id)),
        },
    };
    Ok(DueNotice {
        id: OutboxMessageId::from_uuid(row.message_id),
        tenant: row::tenant_id(&row.tenant_id, "notices")?,
        event: row.event_type,
        trace: row.trace_id.map(TraceId::from_uuid),
        payload: row.payload,
        to,
        attempts: u32::try_from(row.attempts + 1).unwrap_or(u32::MAX),
        created_at: row::time(row.created_at),
    })
}

pub(crate) struct RecordNotice(pub(crate) AttemptRecord);

#[async_trait]
impl WriteOp for RecordNotice {
    type Answer = ();

    fn needs(&self, needs: &mut Needs) {
        for entry in &self.0.entries {
            needs.tenant(&entry.tenant);
        }
    }

    async fn apply(&self, batch: &mut Batch, transaction: &WriteTransaction) -> Result<(), DbErr> {
        let record = &self.0;
        for entry in &record.entries {
            batch.append(entry.clone())?;
        }
        let at = record.at.timestamp_micros();
        let (state, next) = match record.then {
            Then::Delivered => (DELIVERED, at),
            Then::GivenUp => (FAILED, at),
            Then::PutOff(next) => (WAITING, next.timestamp_micros()),
        };
        let update = Entity::update_many()
            .col_expr(Column::State, Expr::value(state))
            .col_expr(Column::NextAttemptAt, Expr::value(next))
            .col_expr(Column::LastAttemptAt, Expr::value(at))
            .col_expr(Column::LastResult, Expr::value(record.result.as_str()))
            .filter(Column::MessageId.eq(record.notice.as_uuid()));
        transaction.execute(&update).await?;
        self.endpoint(transaction, at).await
    }
}

impl RecordNotice {
    async fn endpoint(&self, transaction: &WriteTransaction, at: i64) -> Result<(), DbErr> {
        use webhook_endpoint::{Column as E, Entity};
        let Some((id, took_it)) = self.0.endpoint else {
            return Ok(());
        };
        let own = E::EndpointId.eq(id.as_uuid());
        let health = if took_it {
            Entity::update_many()
                .col_expr(E::FailingSince, Expr::value(None::<i64>))
                .filter(E::FailingSince.is_not_null())
        } else {
            Entity::update_many()
                .col_expr(E::FailingSince, Expr::value(at))
                .filter(E::FailingSince.is_null())
        };
        transaction.execute(&health.filter(own.clone())).await?;
        if let Some(reason) = self.0.disable {
            let update = Entity::update_many()
                .col_expr(E::Enabled, Expr::value(false))
                .col_expr(E::DisabledReason, Expr::value(reason))
                .col_expr(E::UpdatedAt, Expr::value(at))
                .filter(own);
            transaction.execute(&update).await?;
        }
        Ok(())
    }
}

pub(crate) struct ForgetNotices {
    pub(crate) before: Timestamp,
}

#[async_trait]
impl WriteOp for ForgetNotices {
    type Answer = u64;

    fn needs(&self, _: &mut Needs) {}

    async fn apply(&self, _: &mut Batch, transaction: &WriteTransaction) -> Result<u64, DbErr> {
        let old = Entity::delete_many()
            .filter(Column::State.is_in([DELIVERED, FAILED]))
            .filter(Column::NextAttemptAt.lt(self.before.timestamp_micros()));
        transaction.execute(&old).await
    }
}
