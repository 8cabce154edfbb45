//! The database as the port of retention.

use async_trait::async_trait;
use clasper_core::{AuditEntry, StoreError, TenantId, TenantScope, Timestamp};
use clasper_db::store_error;
use clasper_entity::tenant::{self, Column as A};
use clasper_entity::trace::{self, Column as T};
use clasper_retention::{Dropped, PolicyChange, PolicyWrite, RetentionPolicy, RetentionStore};
use clasper_store::{Store, rows};
use sea_orm::{
    ColumnTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};

use crate::change::ChangePolicy;
use crate::forget::DropExpired;

/// Policies and what they drop, in the database of a store.
#[derive(Debug, Clone)]
pub struct RetentionRows(Store);

impl RetentionRows {
    /// Over `store`.
    #[must_use]
    pub const fn new(store: Store) -> Self {
        Self(store)
    }
}

#[async_trait]
impl RetentionStore for RetentionRows {
    async fn find_policy(
        &self,
        scope: &TenantScope,
    ) -> Result<Option<RetentionPolicy>, StoreError> {
        let account = tenant::Entity::find_by_id(scope.tenant().as_str())
            .one(self.0.reader())
            .await
            .map_err(store_error)?;
        let policy = account.as_ref().map_or(Ok(None), rows::retention);
        policy.map_err(store_error)
    }

    async fn change_policy(
        &self,
        scope: &TenantScope,
        change: PolicyChange,
        expected: Option<i64>,
        entry: AuditEntry,
    ) -> Result<PolicyWrite, StoreError> {
        let change = ChangePolicy {
            scope: scope.clone(),
            change,
            expected,
            entry,
        };
        self.0.write(change).await
    }

    async fn list_policies(
        &self,
        after: Option<&TenantId>,
        limit: u32,
    ) -> Result<Vec<(TenantId, RetentionPolicy)>, StoreError> {
        let mut accounts = tenant::Entity::find()
            .filter(A::Retention.is_not_null())
            .order_by_asc(A::TenantId)
            .limit(u64::from(limit));
        if let Some(after) = after {
            accounts = accounts.filter(A::TenantId.gt(after.as_str()));
        }
        let accounts = accounts.all(self.0.reader()).await.map_err(store_error)?;
        let mut policies = Vec::with_capacity(accounts.len());
        for account in accounts {
            let policy = rows::retention(&account).map_err(store_error)?;
            let tenant = TenantId::new(&account.tenant_id)
                .map_err(|_| store_error(DbErr::Type("tenants.tenant_id is no name".to_owned())))?;
            policies.extend(policy.map(|policy| (tenant, policy)));
        }
        Ok(policies)
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
        let expired = trace::Entity::find()
            .filter(T::TenantId.eq(scope.tenant().as_str()))
            .filter(T::StartedAt.lt(cutoff.timestamp_micros()));
        expired.count(self.0.reader()).await.map_err(store_error)
    }

    async fn drop_expired(
        &self,
        scope: &TenantScope,
        limit: u32,
        entry: AuditEntry,
    ) -> Result<Dropped, StoreError> {
        let forget = DropExpired {
            scope: scope.clone(),
            limit,
            entry,
        };
        self.0.write(forget).await
    }
}
