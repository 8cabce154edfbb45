//! The audit log: one chain per tenant.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_entries")]
pub struct Model {
    /// Whose log.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: String,
    /// Place in the log, from 1.
    #[sea_orm(primary_key, auto_increment = false)]
    pub seq: i64,
    /// The entry's id.
    pub entry_id: Uuid,
    /// What happened.
    pub event_type: String,
    /// Who acted.
    pub actor: String,
    /// The workspace concerned.
    pub workspace_id: Option<String>,
    /// The trace concerned.
    pub trace_id: Option<Uuid>,
    /// The user concerned.
    pub user_id: Option<String>,
    /// What it happened to.
    pub target: Option<String>,
    /// Particulars, as canonical JSON text.
    #[sea_orm(column_type = "Text")]
    pub detail: String,
    /// When.
    pub occurred_at: i64,
    /// Leaf hash of the entry before.
    pub prev_hash: Option<Vec<u8>>,
    /// Leaf hash of this entry.
    pub leaf_hash: Vec<u8>,
}

/// No relations: joins are by tenant-scoped queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
