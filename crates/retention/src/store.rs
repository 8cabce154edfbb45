//! The port to policies and to what they drop.

use async_trait::async_trait;
use clasper_core::{AuditEntry, StoreError, TenantId, TenantScope, Timestamp};

use crate::policy::{PolicyChange, RetentionPolicy};

/// What became of setting a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PolicyWrite {
    /// It counts.
    Written(RetentionPolicy),
    /// Another revision counts than the one that was expected. Nothing was written.
    Changed,
    /// There is no such tenant. Nothing was written.
    NoTenant,
}

/// What one step of forgetting did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dropped {
    /// So many traces, all that began before the cutoff when that is less than was asked for.
    Traces {
        /// How many.
        count: u64,
        /// What began before this is past its days.
        cutoff: Timestamp,
    },
    /// The tenant is under a legal hold. Nothing was dropped.
    Held,
    /// The tenant has no policy. Nothing was dropped.
    NoPolicy,
}

/// Keeps policies, and drops what is past its days.
#[async_trait]
pub trait RetentionStore: Send + Sync {
    /// The policy that counts, if the tenant has set one.
    async fn find_policy(&self, scope: &TenantScope)
    -> Result<Option<RetentionPolicy>, StoreError>;

    /// Changes the policy, with `expected` only if that revision counts (0: none). `entry` is completed with what counts then.
    async fn change_policy(
        &self,
        scope: &TenantScope,
        change: PolicyChange,
        expected: Option<i64>,
        entry: AuditEntry,
    ) -> Result<PolicyWrite, StoreError>;

    /// Tenants that have a policy, with it, in the order of their ids, after this one.
    async fn list_policies(
        &self,
        after: Option<&TenantId>,
        limit: u32,
    ) -> Result<Vec<(TenantId, RetentionPolicy)>, StoreError>;

    /// How many traces are past the days of `policy` now.
    async fn count_expired(
        &self,
        scope: &TenantScope,
        policy: &RetentionPolicy,
        now: Timestamp,
    ) -> Result<u64, StoreError>;

    /// Drops the oldest traces that are past their days at the time of `entry`, at most `limit`; with them goes all that hangs on
    /// them, but nothing of the log. `entry` is completed with what was dropped, and only written if anything was.
    async fn drop_expired(
        &self,
        scope: &TenantScope,
        limit: u32,
        entry: AuditEntry,
    ) -> Result<Dropped, StoreError>;
}
