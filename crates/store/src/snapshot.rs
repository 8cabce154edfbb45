//! One state of the database, read at leisure: what an export of a tenant's log is taken from.

use std::collections::HashMap;

use clasper_core::{LoggedEntry, StoreError, TenantScope, TraceId};
use clasper_db::{Database, store_error};
use clasper_entity::{decision, policy_version, trace};
use clasper_evidence::{StoredCheckpoint, StoredKey};
use sea_orm::prelude::Uuid;
use sea_orm::{
    ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};
use serde_json::{Value, json};

use crate::read;
use crate::row;
use crate::verify::begin;

/// A tenant's log and what hangs on it, as they were at one moment.
#[derive(Debug)]
pub struct LogSnapshot {
    transaction: DatabaseTransaction,
    tenant: String,
}

impl LogSnapshot {
    /// The state of the database now. It is held until the snapshot is dropped.
    ///
    /// # Errors
    /// [`StoreError`] when the database cannot be read; the same for every other question.
    pub async fn open(database: &Database, scope: &TenantScope) -> Result<Self, StoreError> {
        Ok(Self {
            transaction: begin(database).await.map_err(store_error)?,
            tenant: scope.tenant().as_str().to_owned(),
        })
    }

    /// The newest checkpoint.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn checkpoint(&self) -> Result<Option<StoredCheckpoint>, StoreError> {
        let found = read::evidence::newest(&self.transaction, &self.tenant).await;
        found.map_err(store_error)
    }

    /// The keys of the logs, the oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn keys(&self) -> Result<Vec<StoredKey>, StoreError> {
        let found = read::evidence::keys(&self.transaction).await;
        found.map_err(store_error)
    }

    /// Up to `limit` entries after place `after`, in order.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn entries(&self, after: i64, limit: u32) -> Result<Vec<LoggedEntry>, StoreError> {
        let found = read::audit::read_log(&self.transaction, &self.tenant, after, limit).await;
        found.map_err(store_error)
    }

    /// The stored texts of those traces that are kept.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn traces(&self, ids: &[TraceId]) -> Result<HashMap<TraceId, String>, StoreError> {
        use trace::Column as T;
        let ids = ids.iter().map(TraceId::as_uuid);
        let rows: Vec<(Uuid, String)> = trace::Entity::find()
            .select_only()
            .columns([T::TraceId, T::Document])
            .filter(T::TenantId.eq(self.tenant.as_str()))
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

    /// The records of those decisions, each as a line of JSON, by the decision's id.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn decisions(&self, ids: &[String]) -> Result<HashMap<String, String>, StoreError> {
        let ids = ids.iter().filter_map(|id| id.parse::<Uuid>().ok());
        let rows = decision::Entity::find()
            .filter(decision::Column::TenantId.eq(self.tenant.as_str()))
            .filter(decision::Column::DecisionId.is_in(ids))
            .all(&self.transaction)
            .await
            .map_err(store_error)?;
        let record = |row: decision::Model| Ok((row.decision_id.to_string(), record(&row)?));
        let records: Result<_, DbErr> = rows.into_iter().map(record).collect();
        records.map_err(store_error)
    }

    /// Every version of the tenant's policies, each as a line of JSON.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn policies(&self) -> Result<Vec<String>, StoreError> {
        use policy_version::Column as P;
        let rows = policy_version::Entity::find()
            .filter(P::TenantId.eq(self.tenant.as_str()))
            .order_by_asc(P::AuditSeq)
            .all(&self.transaction)
            .await
            .map_err(store_error)?;
        let line = |row: policy_version::Model| {
            let hash = row::digest(&row.body_hash, "policy_versions", "body_hash")?;
            let policy = json!({
                "policy_id": row.policy_id, "version": row.version, "kind": row.kind, "body": row.body,
                "body_hash": hash.to_string(), "created_by": row.created_by, "audit_seq": row.audit_seq,
            });
            Ok(policy.to_string())
        };
        let lines: Result<_, DbErr> = rows.into_iter().map(line).collect();
        lines.map_err(store_error)
    }
}

/// Everything a decision was computed from and came to.
fn record(row: &decision::Model) -> Result<String, DbErr> {
    let parsed = |text: &str| -> Value { serde_json::from_str(text).unwrap_or(Value::Null) };
    let hash = |bytes: &[u8], column| {
        row::digest(bytes, "decisions", column).map(|digest| digest.to_string())
    };
    let record = json!({
        "decision_id": row.decision_id.to_string(),
        "execution_id": row.execution_id.to_string(),
        "action": row.action,
        "intent_hash": hash(&row.intent_hash, "intent_hash")?,
        "effect": row.effect,
        "reason": row.reason,
        "matched_policies": parsed(&row.matched_policies),
        "policy_bundle_hash": hash(&row.policy_bundle_hash, "policy_bundle_hash")?,
        "inputs": parsed(&row.inputs),
        "grant_id": row.grant_id.map(|id| id.to_string()),
        "grant_limits": row.grant_limits.as_deref().map(parsed),
        "decided_at_micros": row.decided_at.to_string(),
        "audit_seq": row.audit_seq,
    });
    Ok(record.to_string())
}
