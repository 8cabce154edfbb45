//! The use cases of policies.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use clasper_core::{
    AuditEntry, AuditEntryId, AuditEvent, BundleId, Caller, Clock, IdSource, Permission, TenantId,
    TenantScope, canonical_json,
};
use moka::sync::Cache;
use serde::Serialize;

use crate::bundle::{BundleScope, BundleSource, CompiledBundle};
use crate::lifecycle::detail::{Change, detail};
use crate::lifecycle::edit::{PolicyEdit, edited};
use crate::lifecycle::error::Error;
use crate::lifecycle::in_force::InForce;
use crate::lifecycle::store::{
    ActiveBundle, BundleDraft, BundleRecord, PolicyStore, PolicyWrite, Slot, TenantPolicies,
};
use crate::pack::{pack, packs};

/// Tenants whose compiled policies are kept.
const CACHED_TENANTS: u64 = 10_000;
/// How long compiled policies are used without looking whether they are still in force. Decisions that are written do not
/// depend on it: the store compares the revision in their own transaction.
const TRUSTED_MICROS: i64 = 200_000;
/// How often an edit is tried again when somebody else was first.
const ATTEMPTS: u32 = 8;
/// Most policies in a bundle.
const MOST_POLICIES: usize = 5_000;
/// A bundle to save.
#[derive(Debug, Clone)]
pub struct SaveBundle {
    /// Its policies.
    pub source: BundleSource,
    /// Whether it takes its slot at once.
    pub activate: bool,
}

/// What an edit would make of the bundle in force, compiled but not saved.
#[derive(Debug)]
pub struct Preview {
    /// The bundle.
    pub source: BundleSource,
    /// Compiled.
    pub compiled: CompiledBundle,
}

struct Cached {
    in_force: Arc<InForce>,
    checked_at: AtomicI64,
}

/// Policies, as their users see them, with a cache of what is in force. Cheap to clone.
#[derive(Clone)]
pub struct Policies {
    store: Arc<dyn PolicyStore>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
    builtin: Arc<CompiledBundle>,
    cache: Cache<TenantId, Arc<Cached>>,
}

impl fmt::Debug for Policies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Policies").finish_non_exhaustive()
    }
}

impl Policies {
    /// The service over its store. `builtin` is in force for every tenant beside its own policies.
    ///
    /// # Errors
    /// [`Error::Faults`] when `builtin` cannot be compiled.
    pub fn new(
        store: Arc<dyn PolicyStore>,
        builtin: &BundleSource,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdSource>,
    ) -> Result<Self, Error> {
        Ok(Self {
            store,
            clock,
            ids,
            builtin: Arc::new(CompiledBundle::compile(builtin).map_err(Error::Faults)?),
            cache: Cache::new(CACHED_TENANTS),
        })
    }

    /// What is in force in a tenant; at most 200 ms old, whichever replica changed it.
    ///
    /// # Errors
    /// [`Error::Unusable`] or [`Error::Store`]: nothing may be allowed then.
    pub async fn in_force(&self, scope: &TenantScope) -> Result<Arc<InForce>, Error> {
        let Some(cached) = self.cache.get(scope.tenant()) else {
            return self.reload(scope).await;
        };
        let now = self.clock.now();
        if cached.in_force.has_ended(now) {
            return self.reload(scope).await;
        }
        let now = now.timestamp_micros();
        let checked = cached.checked_at.load(Ordering::Relaxed);
        if now.saturating_sub(checked) < TRUSTED_MICROS {
            return Ok(Arc::clone(&cached.in_force));
        }
        let revision = self.store.governance_revision(scope).await?;
        if revision != cached.in_force.policies.revision {
            return self.reload(scope).await;
        }
        cached.checked_at.store(now, Ordering::Relaxed);
        Ok(Arc::clone(&cached.in_force))
    }

    /// Reads what is in force, whatever the cache holds.
    ///
    /// # Errors
    /// As [`Self::in_force`].
    pub async fn reload(&self, scope: &TenantScope) -> Result<Arc<InForce>, Error> {
        let before = self.cache.get(scope.tenant());
        let now = self.clock.now();
        let policies = self.store.policies_in_force(scope).await?;
        let before = before.as_ref().map(|cached| &*cached.in_force);
        let in_force =
            InForce::compile(policies, &self.builtin, before, now).map_err(Error::Unusable)?;
        let in_force = Arc::new(in_force);
        let cached = Cached {
            in_force: Arc::clone(&in_force),
            checked_at: AtomicI64::new(now.timestamp_micros()),
        };
        self.cache.insert(scope.tenant().clone(), Arc::new(cached));
        Ok(in_force)
    }

    /// The bundles in force.
    ///
    /// # Errors
    /// [`Error::Forbidden`] or [`Error::Store`].
    pub async fn active(&self, caller: &Caller) -> Result<TenantPolicies, Error> {
        require(caller, Permission::PolicyView)?;
        Ok(self.store.policies_in_force(&caller.scope()).await?)
    }

    /// A saved bundle.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::NoSuchBundle`] or [`Error::Store`].
    pub async fn bundle(&self, caller: &Caller, bundle: BundleId) -> Result<BundleRecord, Error> {
        require(caller, Permission::PolicyView)?;
        let found = self.store.find_bundle(&caller.scope(), bundle).await?;
        found.ok_or(Error::NoSuchBundle)
    }

    /// The newest bundles, in force or not.
    ///
    /// # Errors
    /// [`Error::Forbidden`] or [`Error::Store`].
    pub async fn bundles(&self, caller: &Caller, limit: u32) -> Result<Vec<BundleRecord>, Error> {
        require(caller, Permission::PolicyView)?;
        Ok(self.store.list_bundles(&caller.scope(), limit).await?)
    }

    /// Saves a bundle and, if asked to, puts it in force.
    ///
    /// # Errors
    /// [`Error`]; nothing is written then.
    pub async fn save(&self, caller: &Caller, save: SaveBundle) -> Result<BundleRecord, Error> {
        require(caller, Permission::PolicyManage)?;
        let compiled = compile(&save.source)?;
        let edit = Change {
            expected: None,
            activate: save.activate,
            edit: None,
            policy_id: None,
        };
        self.write(caller, save.source, &compiled, edit)
            .await?
            .ok_or(Error::Conflict)
    }

    /// Puts the bundle of a pack in force. The pack's name is the bundle's.
    ///
    /// # Errors
    /// [`Error::NoSuchPack`] and as [`Self::save`].
    pub async fn install(&self, caller: &Caller, name: &str) -> Result<BundleRecord, Error> {
        let Some(found) = pack(name) else {
            let known: Vec<_> = packs().into_iter().map(|pack| pack.name).collect();
            return Err(Error::NoSuchPack(known.join(", ")));
        };
        let source = found.to_bundle(BundleScope::default());
        let activate = true;
        self.save(caller, SaveBundle { source, activate }).await
    }

    /// What an edit would make of the policies that are saved one by one.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn preview(&self, caller: &Caller, edit: &PolicyEdit) -> Result<Preview, Error> {
        require(caller, Permission::PolicyView)?;
        let policies = self.store.policies_in_force(&caller.scope()).await?;
        let source = edited(&policies, edit)?;
        let compiled = compile(&source)?;
        Ok(Preview { source, compiled })
    }

    /// Changes one policy: the whole bundle that it belongs to is saved anew and put in force, in one commit.
    ///
    /// # Errors
    /// [`Error`]; nothing is written then.
    pub async fn edit(&self, caller: &Caller, edit: &PolicyEdit) -> Result<BundleRecord, Error> {
        require(caller, Permission::PolicyManage)?;
        for _ in 0..ATTEMPTS {
            let policies = self.store.policies_in_force(&caller.scope()).await?;
            let source = edited(&policies, edit)?;
            let compiled = compile(&source)?;
            let (said, policy_id) = edit.name();
            let change = Change {
                expected: Some(policies.revision),
                activate: true,
                edit: Some(said),
                policy_id: Some(policy_id),
            };
            if let Some(saved) = self.write(caller, source, &compiled, change).await? {
                return Ok(saved);
            }
        }
        Err(Error::Conflict)
    }

    /// Puts a saved bundle in force.
    ///
    /// # Errors
    /// [`Error`]; nothing is written then.
    pub async fn activate(&self, caller: &Caller, bundle: BundleId) -> Result<BundleRecord, Error> {
        require(caller, Permission::PolicyManage)?;
        let scope = caller.scope();
        let found = self.store.find_bundle(&scope, bundle).await?;
        let found = found.ok_or(Error::NoSuchBundle)?;
        let compiled = compile(&found.source)?;
        let detail = detail(bundle, &found.source, &compiled, true, None, None);
        let entry = self.entry(caller, AuditEvent::PolicyBundleActivated, bundle, &detail)?;
        let by = caller.principal.actor();
        match self
            .store
            .activate_bundle(&scope, bundle, by, entry)
            .await?
        {
            PolicyWrite::Written { .. } => {
                self.cache.invalidate(scope.tenant());
                Ok(found)
            }
            PolicyWrite::NoSuchBundle => Err(Error::NoSuchBundle),
            PolicyWrite::Stale => Err(Error::Conflict),
        }
    }

    /// Takes a bundle out of force, so that nothing of it counts.
    ///
    /// # Errors
    /// [`Error`]; nothing is written then.
    pub async fn deactivate(&self, caller: &Caller, slot: &Slot) -> Result<ActiveBundle, Error> {
        require(caller, Permission::PolicyManage)?;
        let scope = caller.scope();
        let policies = self.store.policies_in_force(&scope).await?;
        let is_it = |active: &ActiveBundle| {
            let source = &active.bundle.source;
            Slot::of(&source.scope, &source.name) == *slot
        };
        let active = policies.bundles.into_iter().find(is_it);
        let active = active.ok_or(Error::NoSuchBundle)?;
        let id = active.bundle.id;
        let detail = serde_json::json!({"bundle_id": id.to_string(), "name": slot.name,
            "workspace_id": slot.workspace, "environment": slot.environment});
        let entry = self.entry(caller, AuditEvent::PolicyBundleDeactivated, id, &detail)?;
        match self.store.deactivate_slot(&scope, slot, entry).await? {
            PolicyWrite::Written { .. } => {
                self.cache.invalidate(scope.tenant());
                Ok(active)
            }
            PolicyWrite::NoSuchBundle => Err(Error::NoSuchBundle),
            PolicyWrite::Stale => Err(Error::Conflict),
        }
    }

    /// Saves `source`; `None` when somebody else was first.
    async fn write(
        &self,
        caller: &Caller,
        source: BundleSource,
        compiled: &CompiledBundle,
        change: Change<'_>,
    ) -> Result<Option<BundleRecord>, Error> {
        let scope = caller.scope();
        let draft = BundleDraft {
            id: BundleId::generate(&*self.ids),
            source,
            hash: compiled.bundle_hash(),
            created_by: caller.principal.actor(),
            created_at: self.clock.now(),
        };
        let said = detail(
            draft.id,
            &draft.source,
            compiled,
            change.activate,
            change.edit,
            change.policy_id,
        );
        let mut entries = vec![self.entry(caller, AuditEvent::PolicySaved, draft.id, &said)?];
        if change.activate {
            let event = AuditEvent::PolicyBundleActivated;
            entries.push(self.entry(caller, event, draft.id, &said)?);
        }
        let record = BundleRecord {
            id: draft.id,
            source: draft.source.clone(),
            hash: draft.hash,
            created_by: draft.created_by.clone(),
            created_at: draft.created_at,
        };
        let (activate, expected) = (change.activate, change.expected);
        let written = self
            .store
            .save_bundle(&scope, draft, activate, expected, entries)
            .await?;
        match written {
            PolicyWrite::Written { .. } => {
                self.cache.invalidate(scope.tenant());
                let saved = self.store.find_bundle(&scope, record.id).await?;
                Ok(Some(saved.unwrap_or(record)))
            }
            PolicyWrite::Stale => Ok(None),
            PolicyWrite::NoSuchBundle => Err(Error::NoSuchBundle),
        }
    }

    fn entry<T: Serialize>(
        &self,
        caller: &Caller,
        event: AuditEvent,
        bundle: BundleId,
        detail: &T,
    ) -> Result<AuditEntry, Error> {
        Ok(AuditEntry {
            id: AuditEntryId::generate(&*self.ids),
            tenant: caller.principal.tenant.clone(),
            workspace: None,
            trace: Some(caller.trace),
            user: caller.principal.user.clone(),
            actor: caller.principal.actor(),
            event,
            target: Some(format!("policy_bundle:{bundle}")),
            detail: canonical_json(detail)?,
            occurred_at: self.clock.now(),
        })
    }
}

fn compile(source: &BundleSource) -> Result<CompiledBundle, Error> {
    if source.members.len() > MOST_POLICIES {
        return Err(Error::TooMany(MOST_POLICIES));
    }
    CompiledBundle::compile(source).map_err(Error::Faults)
}

fn require(caller: &Caller, permission: Permission) -> Result<(), Error> {
    if caller.may(permission) {
        Ok(())
    } else {
        Err(Error::Forbidden(permission))
    }
}
