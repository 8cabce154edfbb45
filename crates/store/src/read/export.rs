//! Exports.

use clasper_core::{Cursor, ExportId, Page, TenantScope, Timestamp};
use clasper_entity::export::{Column, Entity, Model};
use clasper_exports::{Archive, Export, ExportState, Progress};
use sea_orm::prelude::Uuid;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};

use crate::row;

const TABLE: &str = "exports";
/// It waits.
pub(crate) const QUEUED: &str = "queued";
/// It is being made.
pub(crate) const RUNNING: &str = "running";
/// It can be fetched.
pub(crate) const READY: &str = "ready";
/// It could not be made.
pub(crate) const FAILED: &str = "failed";
/// It was called off.
pub(crate) const CANCELLED: &str = "cancelled";
/// It had its time.
pub(crate) const EXPIRED: &str = "expired";
/// States in which something is kept for it.
pub(crate) const LIVE: [&str; 3] = [QUEUED, RUNNING, READY];

fn whole(number: i64, column: &'static str) -> Result<u64, DbErr> {
    u64::try_from(number).map_err(|_| row::corrupt(TABLE, column))
}

/// The row as the domain says it.
pub(crate) fn export(model: &Model) -> Result<Export, DbErr> {
    let corrupt = |column| row::corrupt(TABLE, column);
    let at = row::time(model.ended_at);
    let state = match model.state.as_str() {
        QUEUED => ExportState::Queued,
        RUNNING => ExportState::Running {
            started_at: row::time(model.started_at),
            progress: Progress {
                done: whole(model.entries_done, "entries_done")?,
                total: whole(model.entries_total, "entries_total")?,
            },
        },
        READY => ExportState::Ready {
            at,
            expires_at: row::time(model.expires_at),
            archive: Archive {
                entries: whole(model.entries, "entries")?,
                bytes: whole(model.archive_bytes, "archive_bytes")?,
                sha256: row::digest(
                    model.archive_hash.as_deref().unwrap_or_default(),
                    TABLE,
                    "archive_hash",
                )?,
            },
        },
        FAILED => ExportState::Failed {
            at,
            failure: model
                .failure
                .as_deref()
                .unwrap_or_default()
                .parse()
                .map_err(|()| corrupt("failure"))?,
        },
        CANCELLED => ExportState::Cancelled { at },
        EXPIRED => ExportState::Expired { at },
        _ => return Err(corrupt("state")),
    };
    Ok(Export {
        id: ExportId::from_uuid(model.export_id),
        tenant: row::tenant_id(&model.tenant_id, TABLE)?,
        scope: serde_json::from_str(&model.scope).map_err(|_| corrupt("scope"))?,
        requested_by: model.requested_by.clone(),
        created_at: row::time(model.created_at),
        audit_seq: whole(model.audit_seq, "audit_seq")?,
        state,
    })
}

pub(crate) async fn find<C: ConnectionTrait>(
    connection: &C,
    scope: &TenantScope,
    id: ExportId,
) -> Result<Option<Export>, DbErr> {
    let found = Entity::find_by_id(id.as_uuid())
        .filter(Column::TenantId.eq(scope.tenant().as_str()))
        .one(connection)
        .await?;
    found.as_ref().map(export).transpose()
}

pub(crate) async fn list<C: ConnectionTrait>(
    connection: &C,
    scope: &TenantScope,
    after: Option<&Cursor>,
    limit: u32,
) -> Result<Page<Export>, DbErr> {
    let mut query = Entity::find().filter(Column::TenantId.eq(scope.tenant().as_str()));
    if let Some(cursor) = after {
        let id: Uuid = cursor.id.parse().unwrap_or(Uuid::max());
        let same_time = Condition::all()
            .add(Column::CreatedAt.eq(cursor.key))
            .add(Column::ExportId.lt(id));
        let before = Condition::any()
            .add(Column::CreatedAt.lt(cursor.key))
            .add(same_time);
        query = query.filter(before);
    }
    let most = limit as usize;
    let mut rows = query
        .order_by_desc(Column::CreatedAt)
        .order_by_desc(Column::ExportId)
        .limit(u64::from(limit) + 1)
        .all(connection)
        .await?;
    let is_last = rows.len() <= most;
    rows.truncate(most);
    let next = rows.last().filter(|_| !is_last).map(|row| Cursor {
        key: row.created_at,
        id: row.export_id.to_string(),
    });
    let items: Result<_, DbErr> = rows.iter().map(export).collect();
    Ok(Page {
        items: items?,
        next,
    })
}

pub(crate) async fn expired<C: ConnectionTrait>(
    connection: &C,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<Export>, DbErr> {
    let rows = Entity::find()
        .filter(Column::State.eq(READY))
        .filter(Column::ExpiresAt.lte(now.timestamp_micros()))
        .limit(u64::from(limit))
        .all(connection)
        .await?;
    rows.iter().map(export).collect()
}

pub(crate) async fn live<C: ConnectionTrait>(
    connection: &C,
    ids: &[ExportId],
) -> Result<Vec<ExportId>, DbErr> {
    let ids = ids.iter().map(ExportId::as_uuid);
    let rows: Vec<Uuid> = Entity::find()
        .select_only()
        .column(Column::ExportId)
        .filter(Column::ExportId.is_in(ids))
        .filter(Column::State.is_in(LIVE))
        .into_tuple()
        .all(connection)
        .await?;
    Ok(rows.into_iter().map(ExportId::from_uuid).collect())
}
