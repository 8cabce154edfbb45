//! Prices of a tenant's own.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "price_overrides")]
pub struct Model {
    /// Whose.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: String,
    /// `provider/model`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub model: String,
    /// The price, as JSON: USD per million tokens.
    #[sea_orm(column_type = "Text")]
    pub price: String,
    /// When it was set.
    pub updated_at: i64,
    /// By whom.
    pub updated_by: String,
    /// The audit entry that was written with it.
    pub audit_seq: i64,
}

/// No relations: joins are by tenant-scoped queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
