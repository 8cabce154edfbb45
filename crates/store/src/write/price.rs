//! A tenant's own prices.

use async_trait::async_trait;
use clasper_core::{AuditEntry, TenantScope, canonical_json};
use clasper_db::WriteTransaction;
use clasper_entity::price_override::{self, Column as P};
use clasper_governance::{MOST_OWN_PRICES, OwnPrice, PriceWrite, Tariff};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QuerySelect, QueryTrait};
use serde_json::json;

use crate::row;
use crate::write::batch::Batch;
use crate::write::{Needs, WriteOp};

/// Sets a price, or takes it back.
pub(crate) struct PutPrice {
    pub(crate) scope: TenantScope,
    pub(crate) model: String,
    pub(crate) price: Option<OwnPrice>,
    pub(crate) entry: AuditEntry,
}

#[async_trait]
impl WriteOp for PutPrice {
    type Answer = PriceWrite;

    fn needs(&self, needs: &mut Needs) {
        needs.tenant(self.scope.tenant());
    }

    // Prices change rarely, so this reads and writes its own row in the group's transaction.
    async fn apply(
        &self,
        batch: &mut Batch,
        transaction: &WriteTransaction,
    ) -> Result<PriceWrite, DbErr> {
        let tenant = self.scope.tenant();
        let own = price_override::Entity::find().filter(P::TenantId.eq(tenant.as_str()));
        let row = own.clone().filter(P::Model.eq(self.model.as_str()));
        let before = transaction.one(row).await?;
        if before.is_none() {
            if self.price.is_none() {
                return Ok(PriceWrite::NotFound);
            }
            let count = own.select_only().column_as(P::Model.count(), "n");
            let known = transaction.integer(&count.into_query()).await?;
            if known.unwrap_or(0) >= i64::from(MOST_OWN_PRICES) {
                return Ok(PriceWrite::TooMany);
            }
        }
        let before = before.as_ref().map(tariff).transpose()?;
        let after = self.price.as_ref().map(|price| price.tariff);
        let detail = json!({"model": self.model, "before": before, "after": after});
        let seq = batch.append(AuditEntry {
            detail: canonical_json(&detail).map_err(row::unspeakable)?,
            ..self.entry.clone()
        })?;
        if let Some(price) = &self.price {
            let row = price_override::Model {
                tenant_id: tenant.as_str().to_owned(),
                model: self.model.clone(),
                price: serde_json::to_string(&price.tariff).map_err(row::unspeakable)?,
                updated_at: price.updated_at.timestamp_micros(),
                updated_by: price.updated_by.clone(),
                audit_seq: seq,
            };
            transaction.upsert([row]).await?;
        } else {
            let delete = price_override::Entity::delete_many()
                .filter(P::TenantId.eq(tenant.as_str()))
                .filter(P::Model.eq(self.model.as_str()));
            transaction.execute(&delete).await?;
        }
        Ok(PriceWrite::Written)
    }
}

/// The price in a row.
pub(crate) fn tariff(row: &price_override::Model) -> Result<Tariff, DbErr> {
    serde_json::from_str(&row.price).map_err(|_| row::corrupt("price_overrides", "price"))
}
