//! Which bundles are in force, one per slot.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "active_bundles")]
pub struct Model {
    /// Whose.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: String,
    /// Workspace, environment and name of the bundle, as a JSON list.
    #[sea_orm(primary_key, auto_increment = false)]
    pub slot: String,
    /// The bundle.
    pub bundle_id: Uuid,
    /// Since when.
    pub activated_at: i64,
    /// By whom.
    pub activated_by: String,
    /// The audit entry that was written with it.
    pub audit_seq: i64,
}

/// No relations: joins are by tenant-scoped queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
