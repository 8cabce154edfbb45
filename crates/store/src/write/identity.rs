//! Tenants and API keys.

use async_trait::async_trait;
use clasper_core::{ApiKeyId, AuditEntry, TenantScope, Timestamp};
use clasper_db::WriteTransaction;
use clasper_entity::{api_key, tenant};
use clasper_identity::{ApiKey, KeyCreation, KeyRevocation, Tenant, TenantCreation};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter};

use crate::read::identity::{api_key_value, tenant_value};
use crate::write::batch::Batch;
use crate::write::{Needs, WriteOp};

pub(crate) struct CreateTenant {
    pub(crate) tenant: Tenant,
    pub(crate) entry: AuditEntry,
}

#[async_trait]
impl WriteOp for CreateTenant {
    type Answer = TenantCreation;

    fn needs(&self, needs: &mut Needs) {
        needs.tenant(&self.tenant.id);
    }

    async fn apply(
        &self,
        batch: &mut Batch,
        _: &WriteTransaction,
    ) -> Result<TenantCreation, DbErr> {
        if let Some(row) = batch.tenant(&self.tenant.id) {
            return Ok(TenantCreation::AlreadyExists(tenant_value(row)?));
        }
        let created_at = self.tenant.created_at.timestamp_micros();
        batch.add_tenant(tenant::Model {
            tenant_id: self.tenant.id.as_str().to_owned(),
            name: self.tenant.name.clone(),
            time_zone: self.tenant.time_zone.name().to_owned(),
            created_at,
            head_seq: 0,
            head_hash: None,
            runs: 0,
            input_tokens: 0,
            output_tokens: 0,
            spent_nanos: 0,
            held_nanos: 0,
            budget_limit_nanos: None,
            budget_spent_nanos: 0,
            budget_runs: 0,
            budget_period_start: created_at,
            budget_period_end: created_at,
            budget_period_kind: "calendar_month".to_owned(),
            budget_time_zone: self.tenant.time_zone.name().to_owned(),
            budget_hard_limit: true,
            budget_alert_basis_points: 0,
            budget_created_at: created_at,
            budget_updated_at: created_at,
            retention: None,
        });
        batch.append(self.entry.clone())?;
        Ok(TenantCreation::Created(self.tenant.clone()))
    }
}

pub(crate) struct CreateApiKey {
    pub(crate) key: ApiKey,
    pub(crate) entry: AuditEntry,
}

#[async_trait]
impl WriteOp for CreateApiKey {
    type Answer = KeyCreation;

    fn needs(&self, needs: &mut Needs) {
        needs.tenant(&self.key.tenant);
    }

    async fn apply(
        &self,
        batch: &mut Batch,
        transaction: &WriteTransaction,
    ) -> Result<KeyCreation, DbErr> {
        if batch.tenant(&self.key.tenant).is_none() {
            return Ok(KeyCreation::NoSuchTenant);
        }
        let row = api_key::Model {
            api_key_id: self.key.id.as_uuid(),
            tenant_id: self.key.tenant.as_str().to_owned(),
            name: self.key.name.clone(),
            role: self.key.role.name().to_owned(),
            prefix: self.key.prefix.clone(),
            secret_hash: self.key.secret_hash.as_bytes().to_vec(),
            created_at: self.key.created_at.timestamp_micros(),
            revoked_at: None,
        };
        transaction.insert([row]).await?;
        batch.append(self.entry.clone())?;
        Ok(KeyCreation::Created)
    }
}

pub(crate) struct RevokeApiKey {
    pub(crate) scope: TenantScope,
    pub(crate) id: ApiKeyId,
    pub(crate) at: Timestamp,
    pub(crate) entry: AuditEntry,
}

#[async_trait]
impl WriteOp for RevokeApiKey {
    type Answer = KeyRevocation;

    fn needs(&self, needs: &mut Needs) {
        needs.tenant(self.scope.tenant());
    }

    async fn apply(
        &self,
        batch: &mut Batch,
        transaction: &WriteTransaction,
    ) -> Result<KeyRevocation, DbErr> {
        let mine = api_key::Column::TenantId.eq(self.scope.tenant().as_str());
        let select = api_key::Entity::find_by_id(self.id.as_uuid()).filter(mine);
        let Some(row) = transaction.one(select).await? else {
            return Ok(KeyRevocation::NoSuchKey);
        };
        let mut key = api_key_value(&row)?;
        if key.revoked_at.is_some() {
            return Ok(KeyRevocation::AlreadyRevoked(key));
        }
        let update = api_key::Entity::update_many()
            .col_expr(
                api_key::Column::RevokedAt,
                Expr::value(self.at.timestamp_micros()),
            )
            .filter(api_key::Column::ApiKeyId.eq(self.id.as_uuid()));
        transaction.execute(&update).await?;
        batch.append(self.entry.clone())?;
        key.revoked_at = Some(self.at);
        Ok(KeyRevocation::Revoked(key))
    }
}
