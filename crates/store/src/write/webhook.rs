//! Endpoints of webhooks, tests of them, and messages that are asked for again.

use async_trait::async_trait;
use clasper_core::{AuditEntry, EndpointId, OutboxMessageId, TenantScope};
use clasper_db::WriteTransaction;
use clasper_entity::notice;
use clasper_entity::webhook_endpoint::{Column, Entity, Model};
use clasper_webhook::{Endpoint, EndpointPatch, EventType, NewEndpoint, Redelivery, queue};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, DbErr, EntityTrait, QueryFilter};

use crate::read::webhook::endpoint;
use crate::row;
use crate::write::batch::Batch;
use crate::write::notice::{FAILED, WAITING};
use crate::write::{Needs, WriteOp};

pub(crate) struct CreateEndpoint {
    pub(crate) scope: TenantScope,
    pub(crate) new: NewEndpoint,
    pub(crate) most: u64,
    pub(crate) entry: AuditEntry,
}

#[async_trait]
impl WriteOp for CreateEndpoint {
    type Answer = bool;

    fn needs(&self, needs: &mut Needs) {
        needs.tenant(self.scope.tenant());
    }

    async fn apply(
        &self,
        batch: &mut Batch,
        transaction: &WriteTransaction,
    ) -> Result<bool, DbErr> {
        let tenant = self.scope.tenant().as_str();
        let own = Entity::find().filter(Column::TenantId.eq(tenant));
        let known = transaction.all(own).await?.len();
        if u64::try_from(known).unwrap_or(u64::MAX) >= self.most {
            return Ok(false);
        }
        let seq = batch.append(self.entry.clone())?;
        let new = &self.new;
        let row = Model {
            tenant_id: tenant.to_owned(),
            endpoint_id: new.endpoint.id.as_uuid(),
            origin: new.endpoint.origin.clone(),
            sealed_url: new.sealed_url.clone(),
            sealed_secret: new.sealed_secret.clone(),
            sealed_old_secret: None,
            old_secret_until: None,
            event_types: event_types(&new.endpoint.events)?,
            enabled: new.endpoint.enabled,
            disabled_reason: None,
            failing_since: None,
            created_at: new.endpoint.created_at.timestamp_micros(),
            updated_at: new.endpoint.updated_at.timestamp_micros(),
            audit_seq: seq,
        };
        transaction.insert([row]).await?;
        Ok(true)
    }
}

fn event_types(events: &std::collections::BTreeSet<EventType>) -> Result<String, DbErr> {
    let names: Vec<&str> = events.iter().map(|event| event.name()).collect();
    serde_json::to_string(&names).map_err(row::unspeakable)
}

fn own(scope: &TenantScope, id: EndpointId) -> Condition {
    Condition::all()
        .add(Column::TenantId.eq(scope.tenant().as_str()))
        .add(Column::EndpointId.eq(id.as_uuid()))
}

pub(crate) struct ChangeEndpoint {
    pub(crate) scope: TenantScope,
    pub(crate) id: EndpointId,
    pub(crate) patch: EndpointPatch,
    pub(crate) entry: AuditEntry,
}

#[async_trait]
impl WriteOp for ChangeEndpoint {
    type Answer = Option<Endpoint>;

    fn needs(&self, needs: &mut Needs) {
        needs.tenant(self.scope.tenant());
    }

    async fn apply(
        &self,
        batch: &mut Batch,
        transaction: &WriteTransaction,
    ) -> Result<Option<Endpoint>, DbErr> {
        let select = Entity::find().filter(own(&self.scope, self.id));
        let Some(mut row) = transaction.one(select).await? else {
            return Ok(None);
        };
        let patch = &self.patch;
        if let Some((url, origin)) = &patch.url {
            row.sealed_url.clone_from(url);
            row.origin.clone_from(origin);
        }
        if let Some(turn) = &patch.key {
            let old = std::mem::replace(&mut row.sealed_secret, turn.sealed.clone());
            row.sealed_old_secret = Some(old);
            row.old_secret_until = Some(turn.old_until.timestamp_micros());
        }
        if let Some(events) = &patch.events {
            row.event_types = event_types(events)?;
        }
        if let Some(enabled) = patch.enabled {
            row.enabled = enabled;
            row.disabled_reason = (!enabled).then(|| "operator".to_owned());
            row.failing_since = row.failing_since.filter(|_| !enabled);
        }
        row.updated_at = self.entry.occurred_at.timestamp_micros();
        row.audit_seq = batch.append(self.entry.clone())?;
        let changed = endpoint(&row)?;
        transaction.upsert([row]).await?;
        Ok(Some(changed))
    }
}

pub(crate) struct RemoveEndpoint {
    pub(crate) scope: TenantScope,
    pub(crate) id: EndpointId,
    pub(crate) entry: AuditEntry,
}

#[async_trait]
impl WriteOp for RemoveEndpoint {
    type Answer = bool;

    fn needs(&self, needs: &mut Needs) {
        needs.tenant(self.scope.tenant());
    }

    async fn apply(
        &self,
        batch: &mut Batch,
        transaction: &WriteTransaction,
    ) -> Result<bool, DbErr> {
        let delete = Entity::delete_many().filter(own(&self.scope, self.id));
        if transaction.execute(&delete).await? == 0 {
            return Ok(false);
        }
        let now = self.entry.occurred_at.timestamp_micros();
        let waiting = notice::Entity::update_many()
            .col_expr(notice::Column::State, Expr::value(FAILED))
            .col_expr(notice::Column::LastResult, Expr::value("endpoint removed"))
            .col_expr(notice::Column::NextAttemptAt, Expr::value(now))
            .filter(to(&self.scope, self.id))
            .filter(notice::Column::State.eq(WAITING));
        transaction.execute(&waiting).await?;
        batch.append(self.entry.clone())?;
        Ok(true)
    }
}

fn to(scope: &TenantScope, id: EndpointId) -> Condition {
    Condition::all()
        .add(notice::Column::TenantId.eq(scope.tenant().as_str()))
        .add(notice::Column::EndpointId.eq(id.as_uuid()))
}

pub(crate) struct AddTest {
    pub(crate) scope: TenantScope,
    pub(crate) id: EndpointId,
    pub(crate) message: OutboxMessageId,
    pub(crate) body: String,
    pub(crate) entry: AuditEntry,
}

#[async_trait]
impl WriteOp for AddTest {
    type Answer = ();

    fn needs(&self, needs: &mut Needs) {
        needs.tenant(self.scope.tenant());
    }

    async fn apply(&self, batch: &mut Batch, _: &WriteTransaction) -> Result<(), DbErr> {
        let seq = batch.append(self.entry.clone())?;
        let now = self.entry.occurred_at.timestamp_micros();
        batch.notices.push(notice::Model {
            message_id: self.message.as_uuid(),
            tenant_id: self.scope.tenant().as_str().to_owned(),
            endpoint_id: Some(self.id.as_uuid()),
            event_type: EventType::WebhookTest.name().to_owned(),
            queue: queue(&self.id.to_string(), &format!("test:{}", self.message)),
            position: seq,
            trace_id: self.entry.trace.map(|trace| trace.as_uuid()),
            payload: self.body.clone().into_bytes(),
            state: WAITING.to_owned(),
            attempts: 0,
            last_result: None,
            last_attempt_at: None,
            created_at: now,
            next_attempt_at: now,
        });
        Ok(())
    }
}

pub(crate) struct Redeliver {
    pub(crate) scope: TenantScope,
    pub(crate) id: EndpointId,
    pub(crate) message: OutboxMessageId,
    pub(crate) entry: AuditEntry,
}

#[async_trait]
impl WriteOp for Redeliver {
    type Answer = Redelivery;

    fn needs(&self, needs: &mut Needs) {
        needs.tenant(self.scope.tenant());
    }

    async fn apply(
        &self,
        batch: &mut Batch,
        transaction: &WriteTransaction,
    ) -> Result<Redelivery, DbErr> {
        let select =
            notice::Entity::find_by_id(self.message.as_uuid()).filter(to(&self.scope, self.id));
        let Some(row) = transaction.one(select).await? else {
            return Ok(Redelivery::NotFound);
        };
        if row.state == WAITING {
            return Ok(Redelivery::Waiting);
        }
        batch.append(self.entry.clone())?;
        let now = self.entry.occurred_at.timestamp_micros();
        let update = notice::Entity::update_many()
            .col_expr(notice::Column::State, Expr::value(WAITING))
            .col_expr(notice::Column::Attempts, Expr::value(0_i64))
            .col_expr(notice::Column::NextAttemptAt, Expr::value(now))
            .filter(notice::Column::MessageId.eq(self.message.as_uuid()));
        transaction.execute(&update).await?;
        Ok(Redelivery::Queued)
    }
}
