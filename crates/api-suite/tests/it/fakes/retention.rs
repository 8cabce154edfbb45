//! Retention policies in memory, and what they drop.

use async_trait::async_trait;
use clasper_core::{AuditEntry, StoreError, TenantId, TenantScope, Timestamp};
use clasper_retention::{Dropped, PolicyChange, PolicyWrite, RetentionPolicy, RetentionStore};

use crate::fakes::Memory;

#[async_trait]
impl RetentionStore for Memory {
    async fn find_policy(
        &self,
        scope: &TenantScope,
    ) -> Result<Option<RetentionPolicy>, StoreError> {
        Ok(self.state().retention.get(scope.tenant()).cloned())
    }

    async fn change_policy(
        &self,
        scope: &TenantScope,
        change: PolicyChange,
        expected: Option<i64>,
        entry: AuditEntry,
    ) -> Result<PolicyWrite, StoreError> {
        let mut state = self.state();
        let before = state.retention.get(scope.tenant()).cloned();
        let revision = before.as_ref().map_or(0, |policy| policy.revision);
        if expected.is_some_and(|expected| expected != revision) {
            return Ok(PolicyWrite::Changed);
        }
        let (now, actor) = (entry.occurred_at, entry.actor.clone());
        let policy = RetentionPolicy::changed(before.as_ref(), &change, now, &actor);
        let tenant = scope.tenant().clone();
        state.retention.insert(tenant, policy.clone());
        state.record(entry);
        Ok(PolicyWrite::Written(policy))
    }

    async fn list_policies(
        &self,
        after: Option<&TenantId>,
        limit: u32,
    ) -> Result<Vec<(TenantId, RetentionPolicy)>, StoreError> {
        let state = self.state();
        let later = state
            .retention
            .iter()
            .filter(|(tenant, _)| after.is_none_or(|after| tenant.as_str() > after.as_str()));
        let page = later.take(limit as usize);
        Ok(page.map(|(t, p)| (t.clone(), p.clone())).collect())
    }

    async fn count_expired(
        &self,
        scope: &TenantScope,
        policy: &RetentionPolicy,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        let Some(cutoff) = policy.cutoff(now) else {
            return Ok(0);
        };
        let state = self.state();
        let own = state.traces.iter().filter(|t| t.tenant == *scope.tenant());
        Ok(own.filter(|trace| trace.started_at < cutoff).count() as u64)
    }

    async fn drop_expired(
        &self,
        scope: &TenantScope,
        limit: u32,
        entry: AuditEntry,
    ) -> Result<Dropped, StoreError> {
        let mut state = self.state();
        let Some(policy) = state.retention.get(scope.tenant()) else {
            return Ok(Dropped::NoPolicy);
        };
        let Some(cutoff) = policy.cutoff(entry.occurred_at) else {
            return Ok(Dropped::Held);
        };
        let mut gone = Vec::new();
        state.traces.retain(|trace| {
            let goes = trace.tenant == *scope.tenant()
                && trace.started_at < cutoff
                && gone.len() < limit as usize;
            if goes {
                gone.push(trace.id);
            }
            !goes
        });
        let count = gone.len() as u64;
        state.dropped.extend(gone);
        if count > 0 {
            state.record(entry);
        }
        Ok(Dropped::Traces { count, cutoff })
    }
}
