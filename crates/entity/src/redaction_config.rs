//! Versions of what a tenant wants redacted.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "redaction_configs")]
pub struct Model {
    /// Whose.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: String,
    /// Counted from 1; the highest counts.
    #[sea_orm(primary_key, auto_increment = false)]
    pub revision: i64,
    /// The configuration, as JSON.
    #[sea_orm(column_type = "Text")]
    pub document: String,
    /// When it was saved.
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
