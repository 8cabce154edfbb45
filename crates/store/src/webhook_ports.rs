//! The store as the ports of callbacks, webhooks and adapters' keys.

use async_trait::async_trait;
use clasper_core::{
    AdapterId, AuditEntry, Cursor, EndpointId, OutboxMessageId, Page, Sha256Digest, StoreError,
    TenantId, TenantScope, Timestamp,
};
use clasper_db::store_error;
use clasper_delegated::adapter::{AdapterKeyStore, KeyIssue};
use clasper_identity::{AdapterDirectory, AdapterKey, AdapterStanding};
use clasper_webhook::{
    AttemptRecord, Delivered, DueNotice, Endpoint, EndpointPatch, EndpointStore, NewEndpoint,
    NoticeStore, Redelivery,
};

use crate::read;
use crate::store::Store;
use crate::write;

#[async_trait]
impl NoticeStore for Store {
    async fn take_notices(
        &self,
        now: Timestamp,
        lease_until: Timestamp,
        limit: u32,
    ) -> Result<Vec<DueNotice>, StoreError> {
        self.write(write::TakeNotices {
            now,
            lease_until,
            limit,
        })
        .await
    }

    async fn record_notice(&self, record: AttemptRecord) -> Result<(), StoreError> {
        self.write(write::RecordNotice(record)).await
    }

    async fn forget_notices(&self, before: Timestamp) -> Result<u64, StoreError> {
        self.write(write::ForgetNotices { before }).await
    }

    async fn waiting_notices(&self) -> Result<u64, StoreError> {
        read::notice::waiting(&self.reader)
            .await
            .map_err(store_error)
    }
}

#[async_trait]
impl AdapterKeyStore for Store {
    async fn issue_adapter_key(
        &self,
        scope: &TenantScope,
        issue: KeyIssue,
    ) -> Result<(), StoreError> {
        let scope = scope.clone();
        self.write(write::IssueAdapterKey { scope, issue }).await
    }

    async fn revoke_adapter_keys(
        &self,
        scope: &TenantScope,
        adapter: &AdapterId,
        entry: AuditEntry,
    ) -> Result<(), StoreError> {
        self.write(write::RevokeAdapterKeys {
            scope: scope.clone(),
            adapter: adapter.clone(),
            entry,
        })
        .await
    }

    async fn list_adapter_keys(
        &self,
        scope: &TenantScope,
        adapter: &AdapterId,
    ) -> Result<Vec<AdapterKey>, StoreError> {
        read::adapter_key::list(&self.reader, scope, adapter)
            .await
            .map_err(store_error)
    }
}

#[async_trait]
impl AdapterDirectory for Store {
    async fn find_adapter_key(
        &self,
        secret_hash: Sha256Digest,
    ) -> Result<Option<AdapterKey>, StoreError> {
        read::adapter_key::find(&self.reader, secret_hash)
            .await
            .map_err(store_error)
    }

    async fn adapter_standing(
        &self,
        tenant: &TenantId,
        adapter: &AdapterId,
    ) -> Result<Option<AdapterStanding>, StoreError> {
        read::adapter_key::standing(&self.reader, tenant, adapter)
            .await
            .map_err(store_error)
    }
}

#[async_trait]
impl EndpointStore for Store {
    async fn create_endpoint(
        &self,
        scope: &TenantScope,
        new: NewEndpoint,
        most: u64,
        entry: AuditEntry,
    ) -> Result<bool, StoreError> {
        let scope = scope.clone();
        self.write(write::CreateEndpoint {
            scope,
            new,
            most,
            entry,
        })
        .await
    }

    async fn list_endpoints(&self, scope: &TenantScope) -> Result<Vec<Endpoint>, StoreError> {
        read::webhook::list(&self.reader, scope)
            .await
            .map_err(store_error)
    }

    async fn change_endpoint(
        &self,
        scope: &TenantScope,
        id: EndpointId,
        patch: EndpointPatch,
        entry: AuditEntry,
    ) -> Result<Option<Endpoint>, StoreError> {
        let scope = scope.clone();
        self.write(write::ChangeEndpoint {
            scope,
            id,
            patch,
            entry,
        })
        .await
    }

    async fn remove_endpoint(
        &self,
        scope: &TenantScope,
        id: EndpointId,
        entry: AuditEntry,
    ) -> Result<bool, StoreError> {
        let scope = scope.clone();
        self.write(write::RemoveEndpoint { scope, id, entry }).await
    }

    async fn add_test(
        &self,
        scope: &TenantScope,
        id: EndpointId,
        message: OutboxMessageId,
        body: String,
        entry: AuditEntry,
    ) -> Result<(), StoreError> {
        let scope = scope.clone();
        self.write(write::AddTest {
            scope,
            id,
            message,
            body,
            entry,
        })
        .await
    }

    async fn list_deliveries(
        &self,
        scope: &TenantScope,
        id: EndpointId,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<Delivered>, StoreError> {
        read::webhook::deliveries(&self.reader, scope, id, after, limit)
            .await
            .map_err(store_error)
    }

    async fn redeliver(
        &self,
        scope: &TenantScope,
        id: EndpointId,
        message: OutboxMessageId,
        entry: AuditEntry,
    ) -> Result<Redelivery, StoreError> {
        let scope = scope.clone();
        self.write(write::Redeliver {
            scope,
            id,
            message,
            entry,
        })
        .await
    }
}
