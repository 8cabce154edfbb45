//! Policies as they were saved: never changed, never deleted.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "policy_versions")]
pub struct Model {
    /// Whose.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: String,
    /// The policy.
    #[sea_orm(primary_key, auto_increment = false)]
    pub policy_id: String,
    /// Counted from 1.
    #[sea_orm(primary_key, auto_increment = false)]
    pub version: i64,
    /// `rule` or `cedar`.
    pub kind: String,
    /// The canonical JSON of a rule, or Cedar text.
    #[sea_orm(column_type = "Text")]
    pub body: String,
    /// SHA-256 of the body.
    pub body_hash: Vec<u8>,
    /// When.
    pub created_at: i64,
    /// By whom.
    pub created_by: String,
    /// The audit entry that was written with it.
    pub audit_seq: i64,
}

/// No relations: joins are by tenant-scoped queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
