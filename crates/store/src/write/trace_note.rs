//! Labels and annotations of traces. They are rare, so each reads and writes its own rows in the group's transaction.

use std::collections::BTreeMap;

use async_trait::async_trait;
use clasper_core::{AuditEntry, Sha256Digest, TenantScope, TraceId, canonical_json};
use clasper_db::WriteTransaction;
use clasper_entity::trace_label::Column as L;
use clasper_entity::{trace, trace_annotation, trace_label};
use clasper_tracing::{Annotation, AnnotationWrite, LabelChanges, LabelWrite, merge_labels};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QuerySelect, QueryTrait};
use serde_json::json;

use crate::row;
use crate::write::batch::Batch;
use crate::write::{Needs, WriteOp};

/// Whether the tenant has the trace.
async fn exists(
    transaction: &WriteTransaction,
    scope: &TenantScope,
    id: TraceId,
) -> Result<bool, DbErr> {
    use trace::Column as T;
    let select = trace::Entity::find()
        .filter(T::TenantId.eq(scope.tenant().as_str()))
        .filter(T::TraceId.eq(id.as_uuid()))
        .select_only()
        .column(T::StartedAt);
    Ok(transaction.integer(&select.into_query()).await?.is_some())
}

/// Sets labels and takes others away.
pub(crate) struct ChangeLabels {
    pub(crate) scope: TenantScope,
    pub(crate) trace: TraceId,
    pub(crate) changes: LabelChanges,
    pub(crate) entry: AuditEntry,
}

#[async_trait]
impl WriteOp for ChangeLabels {
    type Answer = LabelWrite;

    fn needs(&self, needs: &mut Needs) {
        needs.tenant(self.scope.tenant());
    }

    async fn apply(
        &self,
        batch: &mut Batch,
        transaction: &WriteTransaction,
    ) -> Result<LabelWrite, DbErr> {
        if !exists(transaction, &self.scope, self.trace).await? {
            return Ok(LabelWrite::NoSuchTrace);
        }
        let own = trace_label::Entity::find()
            .filter(L::TenantId.eq(self.scope.tenant().as_str()))
            .filter(L::TraceId.eq(self.trace.as_uuid()));
        let rows = transaction.all(own).await?;
        let before: BTreeMap<_, _> = rows
            .into_iter()
            .map(|row| (row.label_key, row.label_value))
            .collect();
        let labels = match merge_labels(before, &self.changes) {
            Ok(labels) => labels,
            Err(error) => return Ok(LabelWrite::Refused(error)),
        };
        batch.append(AuditEntry {
            detail: canonical_json(&self.detail(&labels)?).map_err(row::unspeakable)?,
            ..self.entry.clone()
        })?;
        self.write(transaction).await?;
        Ok(LabelWrite::Written(labels))
    }
}

impl ChangeLabels {
    /// The log names the keys; values may be personal, so it keeps the hash of them all.
    fn detail(&self, after: &BTreeMap<String, String>) -> Result<serde_json::Value, DbErr> {
        let keys = |set: bool| -> Vec<&str> {
            let wanted = self.changes.iter().filter(|(_, v)| v.is_some() == set);
            wanted.map(|(key, _)| key.as_str()).collect()
        };
        Ok(json!({
            "set": keys(true),
            "removed": keys(false),
            "labels_hash": labels_hash(after)?.to_string(),
        }))
    }

    async fn write(&self, transaction: &WriteTransaction) -> Result<(), DbErr> {
        let tenant = self.scope.tenant().as_str();
        let removed = self.changes.iter().filter(|(_, value)| value.is_none());
        let removed: Vec<&str> = removed.map(|(key, _)| key.as_str()).collect();
        if !removed.is_empty() {
            let delete = trace_label::Entity::delete_many()
                .filter(L::TenantId.eq(tenant))
                .filter(L::TraceId.eq(self.trace.as_uuid()))
                .filter(L::LabelKey.is_in(removed));
            transaction.execute(&delete).await?;
        }
        let set = self.changes.iter().filter_map(|(key, value)| {
            Some(trace_label::Model {
                tenant_id: tenant.to_owned(),
                trace_id: self.trace.as_uuid(),
                label_key: key.clone(),
                label_value: value.clone()?,
            })
        });
        let set: Vec<_> = set.collect();
        transaction.upsert(set).await
    }
}

/// What the log keeps of a trace's labels.
///
/// # Errors
/// Never for texts.
pub fn labels_hash(labels: &BTreeMap<String, String>) -> Result<Sha256Digest, DbErr> {
    Ok(canonical_json(labels).map_err(row::unspeakable)?.digest())
}

/// Adds an annotation.
pub(crate) struct Annotate {
    pub(crate) scope: TenantScope,
    pub(crate) annotation: Annotation,
    pub(crate) entry: AuditEntry,
}

#[async_trait]
impl WriteOp for Annotate {
    type Answer = AnnotationWrite;

    fn needs(&self, needs: &mut Needs) {
        needs.tenant(self.scope.tenant());
    }

    async fn apply(
        &self,
        batch: &mut Batch,
        transaction: &WriteTransaction,
    ) -> Result<AnnotationWrite, DbErr> {
        let said = &self.annotation;
        if !exists(transaction, &self.scope, said.trace).await? {
            return Ok(AnnotationWrite::NoSuchTrace);
        }
        let audit_seq = batch.append(self.entry.clone())?;
        let row = trace_annotation::Model {
            tenant_id: self.scope.tenant().as_str().to_owned(),
            annotation_id: said.id.as_uuid(),
            trace_id: said.trace.as_uuid(),
            annotation_key: said.key.clone(),
            annotation_value: said.value.clone(),
            created_by: said.created_by.clone(),
            actor: said.actor.clone(),
            created_at: said.created_at.timestamp_micros(),
            audit_seq,
        };
        transaction.insert([row]).await?;
        Ok(AnnotationWrite::Written)
    }
}
