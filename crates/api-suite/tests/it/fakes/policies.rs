//! The store of policies.

use async_trait::async_trait;
use clasper_core::{
    AuditEntry, BundleId, IdSource, SequentialIds, StoreError, TenantId, TenantScope,
};
use clasper_policy::{
    ActiveBundle, BundleDraft, BundleRecord, BundleSource, CompiledBundle, PolicySource,
    PolicyStore, PolicyWrite, Slot, TenantPolicies, rules_from_yaml,
};

use crate::app::start;
use crate::fakes::executions::{Ledger, TenantLedger};

impl Ledger {
    /// Puts rules in force, in the place of all others of the tenant.
    pub fn govern(&self, tenant: &str, rules: &str) {
        let source = BundleSource {
            name: "test".to_owned(),
            members: rules_from_yaml(rules).expect("rules"),
            ..BundleSource::default()
        };
        let compiled = CompiledBundle::compile(&source).expect("good rules");
        let bundle = BundleRecord {
            id: BundleId::from_uuid(SequentialIds::default().next_uuid()),
            hash: compiled.bundle_hash(),
            source,
            created_by: "test".to_owned(),
            created_at: start(),
        };
        let mut tenants = self.tenants();
        let tenant = TenantId::new(tenant).expect("a name");
        let own = tenants.entry(tenant).or_default();
        own.active.clear();
        own.activate(bundle, "test");
    }
}

impl TenantLedger {
    fn activate(&mut self, bundle: BundleRecord, by: &str) {
        let slot = slot_of(&bundle);
        self.active.retain(|active| slot_of(&active.bundle) != slot);
        self.active.push(ActiveBundle {
            activated_at: bundle.created_at,
            activated_by: by.to_owned(),
            bundle,
        });
        self.revision += 1;
    }

    /// A policy whose text is known keeps its version; another one gets the next.
    fn number(&self, source: &mut BundleSource) {
        for member in &mut source.members {
            let same_id = self
                .bundles
                .iter()
                .flat_map(|bundle| &bundle.source.members)
                .filter(|known| known.policy_id() == member.policy_id());
            let versions: Vec<(u32, bool)> = same_id
                .map(|known| {
                    let mut alike = known.clone();
                    set_version(&mut alike, version_of(member));
                    (version_of(known), alike == *member)
                })
                .collect();
            let known = versions.iter().find(|(_, same)| *same);
            let next = versions.iter().map(|(version, _)| *version).max();
            let version = known.map_or(next.unwrap_or(0) + 1, |(version, _)| *version);
            set_version(member, version);
        }
    }
}

fn slot_of(bundle: &BundleRecord) -> Slot {
    Slot::of(&bundle.source.scope, &bundle.source.name)
}

fn version_of(policy: &PolicySource) -> u32 {
    match policy {
        PolicySource::Rule { version, .. } | PolicySource::Cedar { version, .. } => *version,
    }
}

fn set_version(policy: &mut PolicySource, to: u32) {
    match policy {
        PolicySource::Rule { version, .. } | PolicySource::Cedar { version, .. } => *version = to,
    }
}

#[async_trait]
impl PolicyStore for Ledger {
    async fn policies_in_force(&self, scope: &TenantScope) -> Result<TenantPolicies, StoreError> {
        let mut tenants = self.tenants();
        let own = tenants.entry(scope.tenant().clone()).or_default();
        Ok(TenantPolicies {
            revision: own.revision,
            bundles: own.active.clone(),
        })
    }

    async fn governance_revision(&self, scope: &TenantScope) -> Result<i64, StoreError> {
        let tenants = self.tenants();
        Ok(tenants.get(scope.tenant()).map_or(0, |own| own.revision))
    }

    async fn save_bundle(
        &self,
        scope: &TenantScope,
        draft: BundleDraft,
        activate: bool,
        expected: Option<i64>,
        entries: Vec<AuditEntry>,
    ) -> Result<PolicyWrite, StoreError> {
        let mut tenants = self.tenants();
        let own = tenants.entry(scope.tenant().clone()).or_default();
        if expected.is_some_and(|expected| expected != own.revision) {
            return Ok(PolicyWrite::Stale);
        }
        let mut source = draft.source;
        own.number(&mut source);
        let bundle = BundleRecord {
            id: draft.id,
            source,
            hash: draft.hash,
            created_by: draft.created_by.clone(),
            created_at: draft.created_at,
        };
        own.bundles.push(bundle.clone());
        if activate {
            own.activate(bundle, &draft.created_by);
        }
        let revision = own.revision;
        drop(tenants);
        self.record(entries);
        Ok(PolicyWrite::Written { revision })
    }

    async fn activate_bundle(
        &self,
        scope: &TenantScope,
        bundle: BundleId,
        by: String,
        entry: AuditEntry,
    ) -> Result<PolicyWrite, StoreError> {
        let mut tenants = self.tenants();
        let own = tenants.entry(scope.tenant().clone()).or_default();
        let Some(found) = own.bundles.iter().find(|known| known.id == bundle).cloned() else {
            return Ok(PolicyWrite::NoSuchBundle);
        };
        own.activate(found, &by);
        let revision = own.revision;
        drop(tenants);
        self.record(vec![entry]);
        Ok(PolicyWrite::Written { revision })
    }

    async fn deactivate_slot(
        &self,
        scope: &TenantScope,
        slot: &Slot,
        entry: AuditEntry,
    ) -> Result<PolicyWrite, StoreError> {
        let mut tenants = self.tenants();
        let own = tenants.entry(scope.tenant().clone()).or_default();
        let before = own.active.len();
        own.active.retain(|active| slot_of(&active.bundle) != *slot);
        if own.active.len() == before {
            return Ok(PolicyWrite::NoSuchBundle);
        }
        own.revision += 1;
        let revision = own.revision;
        drop(tenants);
        self.record(vec![entry]);
        Ok(PolicyWrite::Written { revision })
    }

    async fn find_bundle(
        &self,
        scope: &TenantScope,
        bundle: BundleId,
    ) -> Result<Option<BundleRecord>, StoreError> {
        let tenants = self.tenants();
        let own = tenants.get(scope.tenant());
        let mut all = own.into_iter().flat_map(|own| &own.bundles);
        Ok(all.find(|known| known.id == bundle).cloned())
    }

    async fn list_bundles(
        &self,
        scope: &TenantScope,
        limit: u32,
    ) -> Result<Vec<BundleRecord>, StoreError> {
        let tenants = self.tenants();
        let own = tenants.get(scope.tenant());
        let newest = own.into_iter().flat_map(|own| own.bundles.iter().rev());
        let limit = usize::try_from(limit).expect("a small limit");
        Ok(newest.take(limit).cloned().collect())
    }
}
