//! Labels and annotations of traces.

use std::collections::{BTreeMap, HashMap};

use clasper_core::{AnnotationId, Cursor, Page, TenantScope, TraceId};
use clasper_entity::trace_annotation::{Column, Entity, Model};
use clasper_entity::trace_label;
use clasper_tracing::Annotation;
use sea_orm::prelude::Uuid;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};

use crate::row;

/// The labels of those of `traces` that have any.
pub(crate) async fn labels<C: ConnectionTrait>(
    connection: &C,
    tenant: &str,
    traces: impl IntoIterator<Item = Uuid> + Send,
) -> Result<HashMap<Uuid, BTreeMap<String, String>>, DbErr> {
    use trace_label::Column as L;
    let traces: Vec<Uuid> = traces.into_iter().collect();
    let mut labels: HashMap<_, BTreeMap<_, _>> = HashMap::new();
    if traces.is_empty() {
        return Ok(labels);
    }
    let rows = trace_label::Entity::find()
        .filter(L::TenantId.eq(tenant))
        .filter(L::TraceId.is_in(traces))
        .all(connection)
        .await?;
    for row in rows {
        let of_trace = labels.entry(row.trace_id).or_default();
        of_trace.insert(row.label_key, row.label_value);
    }
    Ok(labels)
}

pub(crate) async fn annotations<C: ConnectionTrait>(
    connection: &C,
    scope: &TenantScope,
    trace: TraceId,
    after: Option<&Cursor>,
    limit: u32,
) -> Result<Page<Annotation>, DbErr> {
    let mut query = Entity::find()
        .filter(Column::TenantId.eq(scope.tenant().as_str()))
        .filter(Column::TraceId.eq(trace.as_uuid()));
    if let Some(cursor) = after {
        // A cursor with a foreign id goes on after its time: harmless, and still within the trace.
        let id: Uuid = cursor.id.parse().unwrap_or_default();
        let same_time = Condition::all()
            .add(Column::CreatedAt.eq(cursor.key))
            .add(Column::AnnotationId.gt(id));
        let later = Condition::any()
            .add(Column::CreatedAt.gt(cursor.key))
            .add(same_time);
        query = query.filter(later);
    }
    let mut rows = query
        .order_by_asc(Column::CreatedAt)
        .order_by_asc(Column::AnnotationId)
        .limit(u64::from(limit) + 1)
        .all(connection)
        .await?;
    let more = rows.len() > limit as usize;
    rows.truncate(limit as usize);
    let next = rows.last().filter(|_| more).map(|row| Cursor {
        key: row.created_at,
        id: row.annotation_id.to_string(),
    });
    let items = rows.into_iter().map(annotation).collect();
    Ok(Page { items, next })
}

fn annotation(row: Model) -> Annotation {
    Annotation {
        id: AnnotationId::from_uuid(row.annotation_id),
        trace: TraceId::from_uuid(row.trace_id),
        key: row.annotation_key,
        value: row.annotation_value,
        created_by: row.created_by,
        actor: row.actor,
        created_at: row::time(row.created_at),
    }
}
