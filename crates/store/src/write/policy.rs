//! Policies: saved in bundles, put in force, taken out of force.

use std::collections::HashMap;

use async_trait::async_trait;
use clasper_core::{AuditEntry, BundleId, Sha256Digest, TenantScope};
use clasper_db::WriteTransaction;
use clasper_entity::{active_bundle, policy_bundle, policy_version};
use clasper_policy::{BundleDraft, PolicyWrite, Slot};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder};

use crate::policy_row;
use crate::row;
use crate::write::batch::Batch;
use crate::write::{Needs, WriteOp};

pub(crate) struct SaveBundle {
    pub(crate) scope: TenantScope,
    pub(crate) draft: BundleDraft,
    pub(crate) activate: bool,
    pub(crate) expected: Option<i64>,
    pub(crate) entries: Vec<AuditEntry>,
}

#[async_trait]
impl WriteOp for SaveBundle {
    type Answer = PolicyWrite;

    fn needs(&self, needs: &mut Needs) {
        needs.tenant(self.scope.tenant());
        needs.governance_head(self.scope.tenant());
    }

    async fn apply(
        &self,
        batch: &mut Batch,
        transaction: &WriteTransaction,
    ) -> Result<PolicyWrite, DbErr> {
        let tenant = self.scope.tenant();
        let revision = batch.governance_revision(tenant);
        if self.expected.is_some_and(|expected| expected != revision) {
            return Ok(PolicyWrite::Stale);
        }
        let mut seqs = Vec::with_capacity(self.entries.len());
        for entry in &self.entries {
            seqs.push(batch.append(entry.clone())?);
        }
        let seq = seqs.first().copied().unwrap_or_default();
        let members = self.versions(batch, transaction, seq).await?;
        let draft = &self.draft;
        let source = &draft.source;
        let created_at = draft.created_at.timestamp_micros();
        batch.governed.bundles.push(policy_bundle::Model {
            tenant_id: tenant.as_str().to_owned(),
            bundle_id: draft.id.as_uuid(),
            name: source.name.clone(),
            workspace_id: source.scope.workspace.clone(),
            environment: source.scope.environment.clone(),
            combining: policy_row::combining_name(source.combining)?,
            members: serde_json::to_string(&members).map_err(row::unspeakable)?,
            bundle_hash: draft.hash.as_bytes().to_vec(),
            created_at,
            created_by: draft.created_by.clone(),
            audit_seq: seq,
        });
        if !self.activate {
            return Ok(PolicyWrite::Written { revision });
        }
        let slot = Slot::of(&source.scope, &source.name);
        batch.governed.active.push(active_bundle::Model {
            tenant_id: tenant.as_str().to_owned(),
            slot: slot.text(),
            bundle_id: draft.id.as_uuid(),
            activated_at: created_at,
            activated_by: draft.created_by.clone(),
            audit_seq: seqs.last().copied().unwrap_or(seq),
        });
        let revision = batch.raise_governance_revision(tenant, draft.created_at);
        Ok(PolicyWrite::Written { revision })
    }
}

impl SaveBundle {
    /// Each member with its version: that of the stored policy it equals, or the next one.
    async fn versions(
        &self,
        batch: &mut Batch,
        transaction: &WriteTransaction,
        seq: i64,
    ) -> Result<Vec<(String, i64)>, DbErr> {
        use policy_version::Column as V;
        let tenant = self.scope.tenant();
        let ids = self
            .draft
            .source
            .members
            .iter()
            .map(clasper_policy::PolicySource::policy_id);
        let select = policy_version::Entity::find()
            .filter(V::TenantId.eq(tenant.as_str()))
            .filter(V::PolicyId.is_in(ids))
            .order_by_asc(V::Version);
        let stored = transaction.all(select).await?;
        let pending = batch.governed.policies.iter();
        let pending = pending.filter(|row| row.tenant_id == tenant.as_str());
        let mut known: HashMap<&str, Vec<(&[u8], i64)>> = HashMap::new();
        for row in stored.iter().chain(pending) {
            let versions = known.entry(row.policy_id.as_str()).or_default();
            versions.push((row.body_hash.as_slice(), row.version));
        }
        let mut members = Vec::with_capacity(self.draft.source.members.len());
        let mut added = Vec::new();
        for member in &self.draft.source.members {
            let (kind, body) = policy_row::body(member)?;
            let hash = Sha256Digest::of(body.as_bytes());
            let id = member.policy_id();
            let versions = known.get(id).map(Vec::as_slice).unwrap_or_default();
            let same = versions.iter().find(|(known, _)| *known == hash.as_bytes());
            let last = versions.iter().map(|(_, version)| *version).max();
            let version = if let Some((_, version)) = same {
                *version
            } else {
                let version = last.unwrap_or(0) + 1;
                added.push(policy_version::Model {
                    tenant_id: tenant.as_str().to_owned(),
                    policy_id: id.to_owned(),
                    version,
                    kind: kind.to_owned(),
                    body_hash: hash.as_bytes().to_vec(),
                    body,
                    created_at: self.draft.created_at.timestamp_micros(),
                    created_by: self.draft.created_by.clone(),
                    audit_seq: seq,
                });
                version
            };
            members.push((id.to_owned(), version));
        }
        drop(known);
        batch.governed.policies.append(&mut added);
        Ok(members)
    }
}

pub(crate) struct ActivateBundle {
    pub(crate) scope: TenantScope,
    pub(crate) bundle: BundleId,
    pub(crate) by: String,
    pub(crate) entry: AuditEntry,
}

#[async_trait]
impl WriteOp for ActivateBundle {
    type Answer = PolicyWrite;

    fn needs(&self, needs: &mut Needs) {
        needs.tenant(self.scope.tenant());
        needs.governance_head(self.scope.tenant());
    }

    async fn apply(
        &self,
        batch: &mut Batch,
        transaction: &WriteTransaction,
    ) -> Result<PolicyWrite, DbErr> {
        use policy_bundle::Column as B;
        let tenant = self.scope.tenant();
        let select = policy_bundle::Entity::find()
            .filter(B::TenantId.eq(tenant.as_str()))
            .filter(B::BundleId.eq(self.bundle.as_uuid()));
        let Some(bundle) = transaction.one(select).await? else {
            return Ok(PolicyWrite::NoSuchBundle);
        };
        let seq = batch.append(self.entry.clone())?;
        let now = self.entry.occurred_at;
        let slot = Slot {
            workspace: bundle.workspace_id,
            environment: bundle.environment,
            name: bundle.name,
        };
        batch.governed.active.push(active_bundle::Model {
            tenant_id: tenant.as_str().to_owned(),
            slot: slot.text(),
            bundle_id: bundle.bundle_id,
            activated_at: now.timestamp_micros(),
            activated_by: self.by.clone(),
            audit_seq: seq,
        });
        let revision = batch.raise_governance_revision(tenant, now);
        Ok(PolicyWrite::Written { revision })
    }
}

pub(crate) struct DeactivateSlot {
    pub(crate) scope: TenantScope,
    pub(crate) slot: Slot,
    pub(crate) entry: AuditEntry,
}

#[async_trait]
impl WriteOp for DeactivateSlot {
    type Answer = PolicyWrite;

    fn needs(&self, needs: &mut Needs) {
        needs.tenant(self.scope.tenant());
        needs.governance_head(self.scope.tenant());
    }

    async fn apply(
        &self,
        batch: &mut Batch,
        transaction: &WriteTransaction,
    ) -> Result<PolicyWrite, DbErr> {
        use active_bundle::Column as A;
        let tenant = self.scope.tenant();
        let slot = self.slot.text();
        let delete = active_bundle::Entity::delete_many()
            .filter(A::TenantId.eq(tenant.as_str()))
            .filter(A::Slot.eq(slot.as_str()));
        let is_pending =
            |row: &active_bundle::Model| row.tenant_id == tenant.as_str() && row.slot == slot;
        let pending = batch.governed.active.iter().any(is_pending);
        batch.governed.active.retain(|row| !is_pending(row));
        if transaction.execute(&delete).await? == 0 && !pending {
            return Ok(PolicyWrite::NoSuchBundle);
        }
        batch.append(self.entry.clone())?;
        let revision = batch.raise_governance_revision(tenant, self.entry.occurred_at);
        Ok(PolicyWrite::Written { revision })
    }
}
