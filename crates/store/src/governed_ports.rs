//! The store as the ports of executions, adapters and policies.

use std::sync::Arc;

use async_trait::async_trait;
use clasper_core::{
    AdapterId, AuditEntry, BundleId, Cursor, DecisionId, ExecutionKey, Page, StoreError,
    TenantScope, Timestamp,
};
use clasper_db::store_error;
use clasper_delegated::adapter::{Adapter, AdapterStore, AdapterWrite, KeyIssue};
use clasper_delegated::execution::{
    DueExecution, Execution, ExecutionFilter, ExecutionOpening, ExecutionStep, ExecutionStore,
    Hold, Opened, Stepped,
};
use clasper_governance::forecast::{CostHistories, CostHistory, HistorySubject};
use clasper_governance::{OwnPrice, PriceStore, PriceWrite};
use clasper_policy::{BundleDraft, BundleRecord, PolicyStore, PolicyWrite, Slot, TenantPolicies};

use crate::read;
use crate::store::Store;
use crate::write;

#[async_trait]
impl ExecutionStore for Store {
    async fn open_execution(&self, opening: Arc<ExecutionOpening>) -> Result<Opened, StoreError> {
        self.write(write::OpenExecution(opening)).await
    }

    async fn step(&self, step: Arc<dyn ExecutionStep>) -> Result<Stepped, StoreError> {
        self.write(write::StepExecution(step)).await
    }

    async fn find_execution(
        &self,
        scope: &TenantScope,
        decision: DecisionId,
    ) -> Result<Option<Execution>, StoreError> {
        read::execution::find(&self.reader, scope, decision)
            .await
            .map_err(store_error)
    }

    async fn find_execution_by_key(
        &self,
        scope: &TenantScope,
        adapter: &AdapterId,
        key: &ExecutionKey,
    ) -> Result<Option<Execution>, StoreError> {
        read::execution::find_by_key(&self.reader, scope, adapter, key)
            .await
            .map_err(store_error)
    }

    async fn list_executions(
        &self,
        scope: &TenantScope,
        filter: &ExecutionFilter,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<Execution>, StoreError> {
        read::execution::list(&self.reader, scope, filter, after, limit)
            .await
            .map_err(store_error)
    }

    async fn due_executions(
        &self,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<DueExecution>, StoreError> {
        read::execution::due(&self.reader, now, limit)
            .await
            .map_err(store_error)
    }

    async fn holds(
        &self,
        scope: &TenantScope,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<Hold>, StoreError> {
        read::execution::holds(&self.reader, scope, after, limit)
            .await
            .map_err(store_error)
    }
}

#[async_trait]
impl CostHistories for Store {
    async fn find_history(
        &self,
        scope: &TenantScope,
        subject: &HistorySubject,
    ) -> Result<Option<CostHistory>, StoreError> {
        read::account::find_history(&self.reader, scope, subject)
            .await
            .map_err(store_error)
    }
}

#[async_trait]
impl PriceStore for Store {
    async fn own_prices(&self, scope: &TenantScope) -> Result<Vec<OwnPrice>, StoreError> {
        read::account::own_prices(&self.reader, scope)
            .await
            .map_err(store_error)
    }

    async fn set_price(
        &self,
        scope: &TenantScope,
        price: OwnPrice,
        entry: AuditEntry,
    ) -> Result<PriceWrite, StoreError> {
        self.write(write::PutPrice {
            scope: scope.clone(),
            model: price.model.clone(),
            price: Some(price),
            entry,
        })
        .await
    }

    async fn remove_price(
        &self,
        scope: &TenantScope,
        model: &str,
        entry: AuditEntry,
    ) -> Result<PriceWrite, StoreError> {
        self.write(write::PutPrice {
            scope: scope.clone(),
            model: model.to_owned(),
            price: None,
            entry,
        })
        .await
    }
}

#[async_trait]
impl AdapterStore for Store {
    async fn find_adapter(
        &self,
        scope: &TenantScope,
        adapter: &AdapterId,
    ) -> Result<(i64, Option<Adapter>), StoreError> {
        read::execution::adapter(&self.reader, scope, adapter)
            .await
            .map_err(store_error)
    }

    async fn list_adapters(&self, scope: &TenantScope) -> Result<Vec<Adapter>, StoreError> {
        read::execution::adapters(&self.reader, scope)
            .await
            .map_err(store_error)
    }

    async fn put_adapter(
        &self,
        scope: &TenantScope,
        revision: i64,
        adapter: Adapter,
        entry: AuditEntry,
        key: Option<KeyIssue>,
    ) -> Result<AdapterWrite, StoreError> {
        self.write(write::PutAdapter {
            scope: scope.clone(),
            revision,
            adapter,
            entry,
            key,
        })
        .await
    }
}

#[async_trait]
impl PolicyStore for Store {
    async fn policies_in_force(&self, scope: &TenantScope) -> Result<TenantPolicies, StoreError> {
        read::policy::in_force(&self.reader, scope)
            .await
            .map_err(store_error)
    }

    async fn governance_revision(&self, scope: &TenantScope) -> Result<i64, StoreError> {
        read::policy::revision(&self.reader, scope)
            .await
            .map_err(store_error)
    }

    async fn save_bundle(
        &self,
        scope: &TenantScope,
        draft: BundleDraft,
        activate: bool,
        expected: Option<i64>,
        entries: Vec<AuditEntry>,
    ) -> Result<PolicyWrite, StoreError> {
        self.write(write::SaveBundle {
            scope: scope.clone(),
            draft,
            activate,
            expected,
            entries,
        })
        .await
    }

    async fn activate_bundle(
        &self,
        scope: &TenantScope,
        bundle: BundleId,
        by: String,
        entry: AuditEntry,
    ) -> Result<PolicyWrite, StoreError> {
        self.write(write::ActivateBundle {
            scope: scope.clone(),
            bundle,
            by,
            entry,
        })
        .await
    }

    async fn deactivate_slot(
        &self,
        scope: &TenantScope,
        slot: &Slot,
        entry: AuditEntry,
    ) -> Result<PolicyWrite, StoreError> {
        self.write(write::DeactivateSlot {
            scope: scope.clone(),
            slot: slot.clone(),
            entry,
        })
        .await
    }

    async fn find_bundle(
        &self,
        scope: &TenantScope,
        bundle: BundleId,
    ) -> Result<Option<BundleRecord>, StoreError> {
        read::policy::find_bundle(&self.reader, scope, bundle)
            .await
            .map_err(store_error)
    }

    async fn list_bundles(
        &self,
        scope: &TenantScope,
        limit: u32,
    ) -> Result<Vec<BundleRecord>, StoreError> {
        read::policy::list_bundles(&self.reader, scope, limit)
            .await
            .map_err(store_error)
    }
}
