//! Bundles of policies as they were made: never changed, never deleted.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "policy_bundles")]
pub struct Model {
    /// Whose.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: String,
    /// The bundle.
    #[sea_orm(primary_key, auto_increment = false)]
    pub bundle_id: Uuid,
    /// Its name; a newer bundle of the same name and scope takes its place.
    pub name: String,
    /// The workspace it is for; all of them when null.
    pub workspace_id: Option<String>,
    /// The environment it is for; all of them when null.
    pub environment: Option<String>,
    /// `precedence` or `deny_overrides`.
    pub combining: String,
    /// Policy ids with their versions, as JSON.
    #[sea_orm(column_type = "Text")]
    pub members: String,
    /// SHA-256 over the canonical text of all members.
    pub bundle_hash: Vec<u8>,
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
