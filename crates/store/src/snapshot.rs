//! One state of the database, read at leisure: what an export of a tenant's log is taken from.

use std::collections::HashMap;

use async_trait::async_trait;
use clasper_core::{LoggedEntry, StoreError, TenantScope, TraceId};
use clasper_db::{Database, store_error};
use clasper_entity::{audit_entry, decision, policy_version, trace};
use clasper_evidence::{StoredCheckpoint, StoredKey, Tile, TileHashes};
use clasper_exports::{ExportScope, ExportSource, LogView};
use sea_orm::prelude::Uuid;
use sea_orm::{
    ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};
use serde_json::json;

use crate::read;
use crate::row;
use crate::rows::{self, begin};

/// Opens states of the database for exports.
#[derive(Debug, Clone)]
pub struct Snapshots(Database);

impl Snapshots {
    /// Of this database.
    #[must_use]
    pub const fn of(database: Database) -> Self {
        Self(database)
    }
}

#[async_trait]
impl ExportSource for Snapshots {
    async fn open(&self, scope: &TenantScope) -> Result<Box<dyn LogView>, StoreError> {
        Ok(Box::new(LogSnapshot::open(&self.0, scope).await?))
    }
}

/// A tenant's log and what hangs on it, as they were at one moment.
#[derive(Debug)]
pub struct LogSnapshot {
    transaction: DatabaseTransaction,
    scope: TenantScope,
}

impl LogSnapshot {
    /// The state of the database now. It is held until the snapshot is dropped.
    ///
    /// # Errors
    /// [`StoreError`] when the database cannot be read; the same for every other question.
    pub async fn open(database: &Database, scope: &TenantScope) -> Result<Self, StoreError> {
        Ok(Self {
            transaction: begin(database).await.map_err(store_error)?,
            scope: scope.clone(),
        })
    }

    fn tenant(&self) -> &str {
        self.scope.tenant().as_str()
    }
}

#[async_trait]
impl LogView for LogSnapshot {
    async fn checkpoint(&self) -> Result<Option<StoredCheckpoint>, StoreError> {
        let found = read::evidence::newest(&self.transaction, self.tenant()).await;
        found.map_err(store_error)
    }

    async fn keys(&self) -> Result<Vec<StoredKey>, StoreError> {
        let found = read::evidence::keys(&self.transaction).await;
        found.map_err(store_error)
    }

    async fn bounds(
        &self,
        scope: &ExportScope,
        size: u64,
    ) -> Result<Option<(u64, u64)>, StoreError> {
        use audit_entry::Column as A;
        let mut query = audit_entry::Entity::find()
            .select_only()
            .column_as(A::Seq.min(), "first")
            .column_as(A::Seq.max(), "last")
            .filter(A::TenantId.eq(self.tenant()))
            .filter(A::Seq.lte(row::count(size)));
        if let Some(workspace) = &scope.workspace {
            query = query.filter(A::WorkspaceId.eq(workspace.as_str()));
        }
        if let Some(trace) = scope.trace {
            query = query.filter(A::TraceId.eq(trace.as_uuid()));
        }
        if let Some(from) = scope.from {
            query = query.filter(A::OccurredAt.gte(from.timestamp_micros()));
        }
        if let Some(to) = scope.to {
            query = query.filter(A::OccurredAt.lte(to.timestamp_micros()));
        }
        let found: Option<(Option<i64>, Option<i64>)> = query
            .into_tuple()
            .one(&self.transaction)
            .await
            .map_err(store_error)?;
        let place = |seq: i64| u64::try_from(seq).ok().filter(|seq| *seq > 0);
        let found = found.and_then(|(first, last)| first.zip(last));
        Ok(found.and_then(|(first, last)| place(first).zip(place(last))))
    }

    async fn entries(&self, after: u64, limit: u32) -> Result<Vec<LoggedEntry>, StoreError> {
        let after = row::count(after);
        let found = read::audit::read_log(&self.transaction, self.tenant(), after, limit).await;
        found.map_err(store_error)
    }

    async fn traces(&self, ids: &[TraceId]) -> Result<HashMap<TraceId, String>, StoreError> {
        use trace::Column as T;
        let ids = ids.iter().map(TraceId::as_uuid);
        let rows: Vec<(Uuid, String)> = trace::Entity::find()
            .select_only()
            .columns([T::TraceId, T::Document])
            .filter(T::TenantId.eq(self.tenant()))
            .filter(T::TraceId.is_in(ids))
            .into_tuple()
            .all(&self.transaction)
            .await
            .map_err(store_error)?;
        Ok(rows
            .into_iter()
            .map(|(id, document)| (TraceId::from_uuid(id), document))
            .collect())
    }

    async fn decisions(&self, ids: &[String]) -> Result<HashMap<String, String>, StoreError> {
        let ids = ids.iter().filter_map(|id| id.parse::<Uuid>().ok());
        // By name alone: with the tenant in the question, SQLite walks all of the tenant's for each.
        let rows = decision::Entity::find()
            .filter(decision::Column::DecisionId.is_in(ids))
            .all(&self.transaction)
            .await
            .map_err(store_error)?;
        let record =
            |row: decision::Model| Ok((row.decision_id.to_string(), rows::decision_record(&row)?));
        let own = rows
            .into_iter()
            .filter(|row| row.tenant_id == self.tenant());
        let records: Result<_, DbErr> = own.map(record).collect();
        records.map_err(store_error)
    }

    async fn policies(&self, after: u64, limit: u32) -> Result<Vec<(u64, String)>, StoreError> {
        use policy_version::Column as P;
        // All versions that one entry saved come together, so that the next question can go on after it.
        let places: Vec<i64> = policy_version::Entity::find()
            .select_only()
            .column(P::AuditSeq)
            .distinct()
            .filter(P::TenantId.eq(self.tenant()))
            .filter(P::AuditSeq.gt(row::count(after)))
            .order_by_asc(P::AuditSeq)
            .limit(u64::from(limit))
            .into_tuple()
            .all(&self.transaction)
            .await
            .map_err(store_error)?;
        let Some(last) = places.last() else {
            return Ok(Vec::new());
        };
        let rows = policy_version::Entity::find()
            .filter(P::TenantId.eq(self.tenant()))
            .filter(P::AuditSeq.gt(row::count(after)))
            .filter(P::AuditSeq.lte(*last))
            .order_by_asc(P::AuditSeq)
            .order_by_asc(P::PolicyId)
            .order_by_asc(P::Version)
            .all(&self.transaction)
            .await
            .map_err(store_error)?;
        let lines: Result<_, DbErr> = rows.iter().map(policy).collect();
        lines.map_err(store_error)
    }

    async fn tiles(&self, tiles: &[Tile]) -> Result<Vec<TileHashes>, StoreError> {
        let found = read::evidence::tiles(&self.transaction, &self.scope, tiles).await;
        found.map_err(store_error)
    }
}

/// A version of a policy.
fn policy(row: &policy_version::Model) -> Result<(u64, String), DbErr> {
    let hash = row::digest(&row.body_hash, "policy_versions", "body_hash")?;
    let policy = json!({
        "policy_id": row.policy_id, "version": row.version, "kind": row.kind, "body": row.body,
        "body_hash": hash.to_string(), "created_by": row.created_by, "audit_seq": row.audit_seq,
    });
    let place = u64::try_from(row.audit_seq);
    let place = place.map_err(|_| row::corrupt("policy_versions", "audit_seq"))?;
    Ok((place, policy.to_string()))
}
