//! The store as the ports that the domains and use cases ask for.

use async_trait::async_trait;
use chrono_tz::Tz;
use clasper_core::{
    ApiKeyId, AuditEntry, ChainHead, Cursor, InstanceId, LoggedEntry, OutboxMessageId, Page,
    Sha256Digest, StoreError, TenantScope, Timestamp,
};
use clasper_db::store_error;
use clasper_evidence::{AuditFilter, AuditStore};
use clasper_governance::{
    Account, BudgetChange, BudgetScope, BudgetSettings, BudgetStore, ScopedBudget,
};
use clasper_identity::{ApiKey, IdentityStore, KeyCreation, KeyRevocation, Tenant, TenantCreation};
use clasper_runtime::run::{
    EffectDecision, EffectOutcome, Extension, HoldExtension, Opening, OrphanedRun, OutboxMessage,
    OutboxStore, Recorded, RunOpening, RunStore, Settled, Settlement,
};

use crate::read;
use crate::store::Store;
use crate::write;

#[async_trait]
impl RunStore for Store {
    async fn open_run(&self, opening: RunOpening) -> Result<Opening, StoreError> {
        self.write(write::OpenRun(opening)).await
    }

    async fn extend_hold(&self, extension: HoldExtension) -> Result<Extension, StoreError> {
        self.write(write::ExtendHold(extension)).await
    }

    async fn decide_effect(&self, decision: EffectDecision) -> Result<Recorded, StoreError> {
        self.write(write::DecideEffect(decision)).await
    }

    async fn record_effect(&self, outcome: EffectOutcome) -> Result<(), StoreError> {
        self.write(write::RecordEffect(outcome)).await
    }

    async fn settle_run(&self, settlement: Settlement) -> Result<Settled, StoreError> {
        self.write(write::SettleRun(settlement)).await
    }

    async fn beat(&self, instance: InstanceId, now: Timestamp) -> Result<(), StoreError> {
        self.write(write::Beat { instance, now }).await
    }

    async fn orphaned_runs(
        &self,
        own: InstanceId,
        silent_since: Timestamp,
        limit: u32,
    ) -> Result<Vec<OrphanedRun>, StoreError> {
        read::run::orphaned(&self.reader, own, silent_since, limit)
            .await
            .map_err(store_error)
    }

    async fn forget_answers(&self, before: Timestamp) -> Result<u64, StoreError> {
        self.write(write::ForgetAnswers { before }).await
    }
}

#[async_trait]
impl OutboxStore for Store {
    async fn take_due(
        &self,
        now: Timestamp,
        lease_until: Timestamp,
        limit: u32,
    ) -> Result<Vec<OutboxMessage>, StoreError> {
        self.write(write::TakeDue {
            now,
            lease_until,
            limit,
        })
        .await
    }

    async fn delivered(
        &self,
        message: OutboxMessageId,
        entry: AuditEntry,
    ) -> Result<(), StoreError> {
        self.write(write::Delivered { message, entry }).await
    }

    async fn put_off(
        &self,
        message: OutboxMessageId,
        next_attempt_at: Timestamp,
    ) -> Result<(), StoreError> {
        self.write(write::PutOff {
            message,
            next_attempt_at,
        })
        .await
    }

    async fn give_up(&self, message: OutboxMessageId, entry: AuditEntry) -> Result<(), StoreError> {
        self.write(write::GiveUp { message, entry }).await
    }

    async fn waiting(&self) -> Result<u64, StoreError> {
        read::run::waiting(&self.reader).await.map_err(store_error)
    }
}

#[async_trait]
impl BudgetStore for Store {
    async fn find_account(&self, scope: &TenantScope) -> Result<Option<Account>, StoreError> {
        read::account::find(&self.reader, scope)
            .await
            .map_err(store_error)
    }

    async fn set_budget(
        &self,
        scope: &TenantScope,
        settings: &BudgetSettings,
        zone: Option<Tz>,
        now: Timestamp,
        entry: AuditEntry,
    ) -> Result<BudgetChange, StoreError> {
        let (scope, settings) = (scope.clone(), settings.clone());
        self.write(write::SetBudget {
            scope,
            settings,
            zone,
            now,
            entry,
        })
        .await
    }

    async fn find_scopes(
        &self,
        scope: &TenantScope,
        wanted: &[BudgetScope],
    ) -> Result<Vec<ScopedBudget>, StoreError> {
        read::account::find_scopes(&self.reader, scope, wanted)
            .await
            .map_err(store_error)
    }

    async fn list_scopes(
        &self,
        scope: &TenantScope,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<ScopedBudget>, StoreError> {
        read::account::list_scopes(&self.reader, scope, after, limit)
            .await
            .map_err(store_error)
    }

    async fn set_scope(
        &self,
        scope: &TenantScope,
        part: &BudgetScope,
        settings: &BudgetSettings,
        now: Timestamp,
        entry: AuditEntry,
    ) -> Result<BudgetChange, StoreError> {
        self.write(write::SetScopeBudget {
            scope: scope.clone(),
            part: part.clone(),
            settings: settings.clone(),
            now,
            entry,
        })
        .await
    }
}

#[async_trait]
impl AuditStore for Store {
    async fn list_audit(
        &self,
        scope: &TenantScope,
        filter: &AuditFilter,
    ) -> Result<Page<LoggedEntry>, StoreError> {
        read::audit::list(&self.reader, scope, filter)
            .await
            .map_err(store_error)
    }

    async fn read_log(
        &self,
        scope: &TenantScope,
        after: i64,
        limit: u32,
    ) -> Result<Vec<LoggedEntry>, StoreError> {
        read::audit::read_log(&self.reader, scope.tenant().as_str(), after, limit)
            .await
            .map_err(store_error)
    }

    async fn head(&self, scope: &TenantScope) -> Result<ChainHead, StoreError> {
        read::audit::head(&self.reader, scope)
            .await
            .map_err(store_error)
    }
}

#[async_trait]
impl IdentityStore for Store {
    async fn create_tenant(
        &self,
        tenant: Tenant,
        entry: AuditEntry,
    ) -> Result<TenantCreation, StoreError> {
        self.write(write::CreateTenant { tenant, entry }).await
    }

    async fn find_tenant(&self, scope: &TenantScope) -> Result<Option<Tenant>, StoreError> {
        read::identity::find_tenant(&self.reader, scope)
            .await
            .map_err(store_error)
    }

    async fn create_api_key(
        &self,
        scope: &TenantScope,
        key: ApiKey,
        entry: AuditEntry,
    ) -> Result<KeyCreation, StoreError> {
        debug_assert_eq!(
            &key.tenant,
            scope.tenant(),
            "a key is made within its own tenant"
        );
        self.write(write::CreateApiKey {
            key: ApiKey {
                tenant: scope.tenant().clone(),
                ..key
            },
            entry,
        })
        .await
    }

    async fn find_api_key(&self, secret_hash: Sha256Digest) -> Result<Option<ApiKey>, StoreError> {
        read::identity::find_api_key(&self.reader, secret_hash)
            .await
            .map_err(store_error)
    }

    async fn list_api_keys(&self, scope: &TenantScope) -> Result<Vec<ApiKey>, StoreError> {
        read::identity::list_api_keys(&self.reader, scope)
            .await
            .map_err(store_error)
    }

    async fn revoke_api_key(
        &self,
        scope: &TenantScope,
        id: ApiKeyId,
        at: Timestamp,
        entry: AuditEntry,
    ) -> Result<KeyRevocation, StoreError> {
        self.write(write::RevokeApiKey {
            scope: scope.clone(),
            id,
            at,
            entry,
        })
        .await
    }
}
