//! Retention, as operators and the clock use it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use clasper_core::{
    AuditEntry, AuditEntryId, AuditEvent, Caller, Clock, IdSource, Permission, StoreError,
    TenantId, TenantScope, Timestamp, canonical_json,
};
use serde_json::json;

use crate::LONGEST_DAYS;
use crate::error::RetentionError;
use crate::policy::{PolicyChange, RetentionPolicy};
use crate::store::{Dropped, PolicyWrite, RetentionStore};

/// Traces that are dropped in one write: other writes wait for it.
const AT_ONCE: u32 = 200;
/// Writes that one request or one tick makes for a tenant.
const MOST_WRITES: u32 = 50;
/// Tenants that are read at a time.
const TENANTS: u32 = 100;

/// What forgetting did for a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enforced {
    /// The tenant.
    pub tenant: TenantId,
    /// Traces that were dropped.
    pub dropped: u64,
    /// What began before this was past its days.
    pub cutoff: Timestamp,
    /// How long it took.
    pub took: Duration,
    /// Whether nothing is left that is past its days.
    pub complete: bool,
}

/// How a tenant with a policy stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantStanding {
    /// The tenant.
    pub tenant: TenantId,
    /// Its policy.
    pub policy: RetentionPolicy,
    /// Traces past their days that are still there.
    pub expired: u64,
}

/// Retention of traces. Cheap to clone.
#[derive(Clone)]
pub struct Retention {
    store: Arc<dyn RetentionStore>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
}

impl fmt::Debug for Retention {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Retention").finish_non_exhaustive()
    }
}

impl Retention {
    /// The service over its store.
    #[must_use]
    pub fn new(
        store: Arc<dyn RetentionStore>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdSource>,
    ) -> Self {
        Self { store, clock, ids }
    }

    /// The policy that counts.
    ///
    /// # Errors
    /// [`RetentionError::NoPolicy`] when none was set, [`RetentionError::Forbidden`] or [`RetentionError::Store`].
    pub async fn policy(&self, caller: &Caller) -> Result<RetentionPolicy, RetentionError> {
        require(caller, Permission::RetentionView)?;
        let found = self.store.find_policy(&caller.scope()).await?;
        found.ok_or(RetentionError::NoPolicy)
    }

    /// Changes the policy; it counts from the next trace on. `expected` is the revision that the caller has read, 0 for none.
    ///
    /// # Errors
    /// [`RetentionError`]; nothing is written then.
    pub async fn set(
        &self,
        caller: &Caller,
        change: PolicyChange,
        expected: Option<i64>,
    ) -> Result<RetentionPolicy, RetentionError> {
        require(caller, Permission::RetentionModify)?;
        if change
            .days
            .is_some_and(|days| !(1..=LONGEST_DAYS).contains(&days))
        {
            return Err(RetentionError::Days);
        }
        let entry = self.entry(Some(caller), &caller.scope(), AuditEvent::RetentionChanged)?;
        let scope = caller.scope();
        let written = self.store.change_policy(&scope, change, expected, entry);
        match written.await? {
            PolicyWrite::Written(policy) => Ok(policy),
            PolicyWrite::Changed => Err(RetentionError::Changed(expected.unwrap_or_default())),
            PolicyWrite::NoTenant => Err(RetentionError::NoTenant),
        }
    }

    /// Drops what is past its days now rather than at the next tick; at most some 10,000 traces.
    ///
    /// # Errors
    /// [`RetentionError`]: [`RetentionError::NoPolicy`], or [`RetentionError::Held`] under a legal hold.
    pub async fn enforce(&self, caller: &Caller) -> Result<Enforced, RetentionError> {
        require(caller, Permission::RetentionModify)?;
        self.forget(Some(caller), &caller.scope()).await
    }

    /// The same for every tenant that has a policy and no legal hold. The credential must be one that acts for any tenant.
    ///
    /// # Errors
    /// [`RetentionError`]; what was dropped before stays so.
    pub async fn enforce_all(&self, caller: &Caller) -> Result<Vec<Enforced>, RetentionError> {
        require(caller, Permission::RetentionModify)?;
        self.forget_all(Some(caller)).await
    }

    /// How the tenant stands; `None` without a policy.
    ///
    /// # Errors
    /// [`RetentionError::Forbidden`] or [`RetentionError::Store`].
    pub async fn standing(
        &self,
        caller: &Caller,
    ) -> Result<Option<TenantStanding>, RetentionError> {
        require(caller, Permission::RetentionView)?;
        let tenant = &caller.principal.tenant;
        match self.store.find_policy(&caller.scope()).await? {
            Some(policy) => self.stands(tenant.clone(), policy).await.map(Some),
            None => Ok(None),
        }
    }

    /// How every tenant with a policy stands. The credential must be one that acts for any tenant.
    ///
    /// # Errors
    /// As [`Retention::standing`].
    pub async fn standings(&self, caller: &Caller) -> Result<Vec<TenantStanding>, RetentionError> {
        require(caller, Permission::RetentionView)?;
        let mut standings = Vec::new();
        for (tenant, policy) in self.policies().await? {
            standings.push(self.stands(tenant, policy).await?);
        }
        Ok(standings)
    }

    /// What the clock does: drops what is past its days, a bounded number for each tenant; says how many. Several replicas may do
    /// it at once: each trace is dropped by one of them, under the lock of its tenant's account.
    ///
    /// # Errors
    /// [`StoreError`]; what was dropped before stays so.
    pub async fn sweep(&self) -> Result<u64, StoreError> {
        match self.forget_all(None).await {
            Ok(all) => Ok(all.iter().map(|one| one.dropped).sum()),
            Err(RetentionError::Store(error)) => Err(error),
            Err(other) => Err(StoreError::Unavailable(other.to_string().into())),
        }
    }

    async fn stands(
        &self,
        tenant: TenantId,
        policy: RetentionPolicy,
    ) -> Result<TenantStanding, RetentionError> {
        let scope = TenantScope::system(tenant.clone());
        let now = self.clock.now();
        let expired = self.store.count_expired(&scope, &policy, now).await?;
        Ok(TenantStanding {
            tenant,
            policy,
            expired,
        })
    }

    async fn policies(&self) -> Result<Vec<(TenantId, RetentionPolicy)>, StoreError> {
        let mut all: Vec<(TenantId, RetentionPolicy)> = Vec::new();
        loop {
            let after = all.last().map(|(tenant, _)| tenant);
            let page = self.store.list_policies(after, TENANTS).await?;
            let is_last = page.len() < TENANTS as usize;
            all.extend(page);
            if is_last {
                return Ok(all);
            }
        }
    }

    async fn forget_all(&self, caller: Option<&Caller>) -> Result<Vec<Enforced>, RetentionError> {
        let mut all = Vec::new();
        for (tenant, _) in self.policies().await? {
            match self.forget(caller, &TenantScope::system(tenant)).await {
                Ok(done) => all.push(done),
                // It came under a hold, or had been: others are not kept waiting for it.
                Err(RetentionError::Held | RetentionError::NoPolicy) => {}
                Err(other) => return Err(other),
            }
        }
        Ok(all)
    }

    async fn forget(
        &self,
        caller: Option<&Caller>,
        scope: &TenantScope,
    ) -> Result<Enforced, RetentionError> {
        let begun = self.clock.now();
        let mut enforced = Enforced {
            tenant: scope.tenant().clone(),
            dropped: 0,
            cutoff: begun,
            took: Duration::ZERO,
            complete: false,
        };
        for _ in 0..MOST_WRITES {
            let entry = self.entry(caller, scope, AuditEvent::TracesDropped)?;
            match self.store.drop_expired(scope, AT_ONCE, entry).await? {
                Dropped::Traces { count, cutoff } => {
                    enforced.dropped += count;
                    enforced.cutoff = cutoff;
                    enforced.complete = count < u64::from(AT_ONCE);
                }
                Dropped::Held => return Err(RetentionError::Held),
                Dropped::NoPolicy => return Err(RetentionError::NoPolicy),
            }
            if enforced.complete {
                break;
            }
        }
        enforced.took = (self.clock.now() - begun).to_std().unwrap_or_default();
        Ok(enforced)
    }

    fn entry(
        &self,
        caller: Option<&Caller>,
        scope: &TenantScope,
        event: AuditEvent,
    ) -> Result<AuditEntry, serde_json::Error> {
        let tenant = scope.tenant();
        let actor = caller.map_or_else(|| "system".to_owned(), |c| c.principal.actor());
        Ok(AuditEntry {
            id: AuditEntryId::generate(&*self.ids),
            tenant: tenant.clone(),
            workspace: None,
            trace: None,
            user: caller.and_then(|caller| caller.principal.user.clone()),
            actor,
            event,
            target: Some(format!("retention:{tenant}")),
            detail: canonical_json(&json!({}))?,
            occurred_at: self.clock.now(),
        })
    }
}

const fn require(caller: &Caller, permission: Permission) -> Result<(), RetentionError> {
    if caller.may(permission) {
        Ok(())
    } else {
        Err(RetentionError::Forbidden(permission))
    }
}
