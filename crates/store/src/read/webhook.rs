//! Endpoints of webhooks and what was sent to them.

use std::collections::BTreeSet;

use clasper_core::{Cursor, EndpointId, OutboxMessageId, Page, TenantScope};
use clasper_entity::{notice, webhook_endpoint};
use clasper_webhook::{Delivered, Endpoint, EventType};
use sea_orm::prelude::Uuid;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};

use crate::row;
use crate::write::WAITING;

const TABLE: &str = "webhook_endpoints";

pub(crate) fn endpoint(row: &webhook_endpoint::Model) -> Result<Endpoint, DbErr> {
    let corrupt = || row::corrupt(TABLE, "event_types");
    let names: Vec<String> = serde_json::from_str(&row.event_types).map_err(|_| corrupt())?;
    let events: Result<BTreeSet<EventType>, _> = names.iter().map(|name| name.parse()).collect();
    Ok(Endpoint {
        tenant: row::tenant_id(&row.tenant_id, TABLE)?,
        id: EndpointId::from_uuid(row.endpoint_id),
        origin: row.origin.clone(),
        events: events.map_err(|_| corrupt())?,
        enabled: row.enabled,
        disabled_reason: row.disabled_reason.clone(),
        failing_since: row.failing_since.map(row::time),
        created_at: row::time(row.created_at),
        updated_at: row::time(row.updated_at),
    })
}

pub(crate) async fn list<C: ConnectionTrait>(
    connection: &C,
    scope: &TenantScope,
) -> Result<Vec<Endpoint>, DbErr> {
    use webhook_endpoint::{Column, Entity};
    let rows = Entity::find()
        .filter(Column::TenantId.eq(scope.tenant().as_str()))
        .order_by_asc(Column::CreatedAt)
        .order_by_asc(Column::EndpointId)
        .all(connection)
        .await?;
    rows.iter().map(endpoint).collect()
}

pub(crate) async fn deliveries<C: ConnectionTrait>(
    connection: &C,
    scope: &TenantScope,
    id: EndpointId,
    after: Option<&Cursor>,
    limit: u32,
) -> Result<Page<Delivered>, DbErr> {
    use notice::{Column, Entity};
    let mut query = Entity::find()
        .filter(Column::TenantId.eq(scope.tenant().as_str()))
        .filter(Column::EndpointId.eq(id.as_uuid()));
    if let Some(cursor) = after {
        query = query.filter(before(cursor));
    }
    let most = limit as usize;
    let mut rows = query
        .order_by_desc(Column::CreatedAt)
        .order_by_desc(Column::MessageId)
        .limit(u64::from(limit) + 1)
        .all(connection)
        .await?;
    let is_last = rows.len() <= most;
    rows.truncate(most);
    let next = rows.last().filter(|_| !is_last).map(|row| Cursor {
        key: row.created_at,
        id: row.message_id.to_string(),
    });
    Ok(Page {
        items: rows.into_iter().map(delivered).collect(),
        next,
    })
}

fn before(cursor: &Cursor) -> Condition {
    use notice::Column;
    let id: Uuid = cursor.id.parse().unwrap_or(Uuid::max());
    let same_time = Condition::all()
        .add(Column::CreatedAt.eq(cursor.key))
        .add(Column::MessageId.lt(id));
    Condition::any()
        .add(Column::CreatedAt.lt(cursor.key))
        .add(same_time)
}

fn delivered(row: notice::Model) -> Delivered {
    let waits = row.state == WAITING;
    Delivered {
        id: OutboxMessageId::from_uuid(row.message_id),
        event: row.event_type,
        state: row.state,
        attempts: u32::try_from(row.attempts).unwrap_or(u32::MAX),
        last_result: row.last_result,
        last_attempt_at: row.last_attempt_at.map(row::time),
        created_at: row::time(row.created_at),
        next_attempt_at: waits.then(|| row::time(row.next_attempt_at)),
    }
}
