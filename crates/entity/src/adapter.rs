//! Adapters: executors outside Clasper that ask before they act.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "adapters")]
pub struct Model {
    /// Whose.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: String,
    /// The adapter.
    #[sea_orm(primary_key, auto_increment = false)]
    pub adapter_id: String,
    /// Its name for people.
    pub display_name: String,
    /// Its own version.
    pub version: String,
    /// `low`, `medium`, `high` or `critical`.
    pub risk_class: String,
    /// What it can do, as a JSON list.
    #[sea_orm(column_type = "Text")]
    pub capabilities: String,
    /// The tools it has, as a JSON list.
    #[sea_orm(column_type = "Text")]
    pub tool_capabilities: String,
    /// Whether it may ask at all.
    pub enabled: bool,
    /// `experimental`, `community` or `verified`; set by operators only.
    pub certification_tier: String,
    /// When it was first registered.
    pub created_at: i64,
    /// When it last changed.
    pub updated_at: i64,
    /// The audit entry of its last change.
    pub audit_seq: i64,
}

/// No relations: joins are by tenant-scoped queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
