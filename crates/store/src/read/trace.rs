//! Traces.

use clasper_core::{AuditEvent, Cursor, Page, TenantScope, TraceId};
use clasper_entity::trace::{Column, Entity, Model};
use clasper_entity::{audit_entry, tenant, trace_entity, trace_label};
use clasper_tracing::{Trace, TraceFilter};
use sea_orm::prelude::Uuid;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait, Select,
};

use crate::read::{report, trace_note};
use crate::row;

/// Reads what is stored of a trace: all of it, or all but its steps.
type Read = fn(&str) -> serde_json::Result<Trace>;

/// The traces in `rows`, with the labels that they have now and the violations that were found since.
async fn values<C: ConnectionTrait>(
    connection: &C,
    scope: &TenantScope,
    rows: &[Model],
    read: Read,
) -> Result<Vec<Trace>, DbErr> {
    let Some(first) = rows.first() else {
        return Ok(Vec::new());
    };
    let ids: Vec<Uuid> = rows.iter().map(|row| row.trace_id).collect();
    let mut labels = trace_note::labels(connection, &first.tenant_id, ids).await?;
    let labelled = |row: &Model| {
        let labels = labels.remove(&row.trace_id).unwrap_or_default();
        let trace = read(&row.document).map_err(|_| row::corrupt("traces", "document"))?;
        Ok(Trace { labels, ..trace })
    };
    let mut traces = rows
        .iter()
        .map(labelled)
        .collect::<Result<Vec<_>, DbErr>>()?;
    report::add_violations(connection, scope, &mut traces).await?;
    Ok(traces)
}

pub(crate) async fn find<C: ConnectionTrait>(
    connection: &C,
    scope: &TenantScope,
    id: TraceId,
) -> Result<Option<Trace>, DbErr> {
    let key = (scope.tenant().as_str().to_owned(), id.as_uuid());
    let Some(row) = Entity::find_by_id(key).one(connection).await? else {
        return Ok(None);
    };
    let whole: Read = |text| serde_json::from_str(text);
    Ok(values(connection, scope, &[row], whole).await?.pop())
}

pub(crate) async fn list<C: ConnectionTrait>(
    connection: &C,
    scope: &TenantScope,
    filter: &TraceFilter,
) -> Result<Page<Trace>, DbErr> {
    let mut query = Entity::find().filter(wanted(scope, filter));
    if let Some(cursor) = &filter.cursor {
        query = query.filter(before(cursor));
    }
    let limit = filter.limit as usize;
    let rows = query
        .order_by_desc(Column::StartedAt)
        .order_by_desc(Column::TraceId)
        .offset((filter.offset > 0).then_some(filter.offset))
        .limit(u64::from(filter.limit) + 1)
        .all(connection)
        .await?;
    let next = (rows.len() > limit)
        .then(|| rows.get(limit.saturating_sub(1)))
        .flatten();
    let next = next.map(|row| Cursor {
        key: row.started_at,
        id: row.trace_id.to_string(),
    });
    let shown = &rows[..limit.min(rows.len())];
    let items = values(connection, scope, shown, Trace::head_of).await?;
    Ok(Page { items, next })
}

/// What the filter asks for, whichever page.
pub(super) fn wanted(scope: &TenantScope, filter: &TraceFilter) -> Condition {
    let mut all = Condition::all().add(Column::TenantId.eq(scope.tenant().as_str()));
    if let Some(workspace) = &filter.workspace {
        all = all.add(Column::WorkspaceId.eq(workspace.as_str()));
    }
    if let Some(role) = &filter.agent_role {
        all = all.add(Column::AgentRole.eq(role.as_str()));
    }
    if let Some(status) = filter.status {
        all = all.add(Column::Status.eq(status.name()));
    }
    if let Some(source) = filter.source {
        all = all.add(Column::Source.eq(source.name()));
    }
    if let Some(from) = filter.started_from {
        all = all.add(Column::StartedAt.gte(from.timestamp_micros()));
    }
    if let Some(to) = filter.started_to {
        all = all.add(Column::StartedAt.lte(to.timestamp_micros()));
    }
    all.add(marked(scope, filter))
}

/// Labelled or linked as asked.
fn marked(scope: &TenantScope, filter: &TraceFilter) -> Condition {
    let tenant = scope.tenant().as_str();
    let mut all = Condition::all();
    if let Some((key, value)) = &filter.label {
        use trace_label::Column as L;
        let mut labelled = trace_label::Entity::find()
            .select_only()
            .column(L::TraceId)
            .filter(L::TenantId.eq(tenant))
            .filter(L::LabelKey.eq(key.as_str()));
        if let Some(value) = value {
            labelled = labelled.filter(L::LabelValue.eq(value.as_str()));
        }
        all = all.add(Column::TraceId.in_subquery(labelled.into_query()));
    }
    if let Some((kind, id)) = &filter.entity {
        use trace_entity::Column as E;
        let linked = trace_entity::Entity::find()
            .select_only()
            .column(E::TraceId)
            .filter(E::TenantId.eq(tenant))
            .filter(E::Kind.eq(kind.name()))
            .filter(E::EntityId.eq(id.as_str()));
        all = all.add(Column::TraceId.in_subquery(linked.into_query()));
    }
    all
}

/// Whether the log says that there was such a trace, of a tenant that forgets any.
pub(crate) async fn was_dropped<C: ConnectionTrait>(
    connection: &C,
    scope: &TenantScope,
    id: TraceId,
) -> Result<bool, DbErr> {
    let forgets = tenant::Entity::find_by_id(scope.tenant().as_str())
        .select_only()
        .column(tenant::Column::TenantId)
        .filter(tenant::Column::Retention.is_not_null());
    if connection.query_one(&forgets.into_query()).await?.is_none() {
        return Ok(false);
    }
    let found = logged(scope.tenant().as_str(), [id.as_uuid()]).limit(1);
    Ok(connection.query_one(&found.into_query()).await?.is_some())
}

/// Entries that say of these traces that they were written.
pub(crate) fn logged(
    tenant: &str,
    ids: impl IntoIterator<Item = Uuid>,
) -> Select<audit_entry::Entity> {
    use audit_entry::Column as A;
    let events = [
        AuditEvent::AgentExecutionCompleted,
        AuditEvent::AgentExecutionFailed,
        AuditEvent::AgentExecutionCancelled,
        AuditEvent::AgentExecutionRecovered,
        AuditEvent::AgentExecutionDenied,
        AuditEvent::AdapterTraceIngested,
    ];
    audit_entry::Entity::find()
        .filter(A::TenantId.eq(tenant))
        .filter(A::TraceId.is_in(ids))
        .filter(A::EventType.is_in(events.map(AuditEvent::name)))
}

fn before(cursor: &Cursor) -> Condition {
    // A cursor with a foreign id finds what lies before its time: harmless, and still within the tenant.
    let id: Uuid = cursor.id.parse().unwrap_or(Uuid::max());
    let same_time = Condition::all()
        .add(Column::StartedAt.eq(cursor.key))
        .add(Column::TraceId.lt(id));
    Condition::any()
        .add(Column::StartedAt.lt(cursor.key))
        .add(same_time)
}
