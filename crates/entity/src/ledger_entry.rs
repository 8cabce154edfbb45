//! Movements of money, each with the audit entry that justifies it.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "ledger_entries")]
pub struct Model {
    /// Whose.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: String,
    /// The audit entry.
    #[sea_orm(primary_key, auto_increment = false)]
    pub audit_seq: i64,
    /// The execution.
    pub execution_id: Uuid,
    /// hold, extend or settle.
    pub kind: String,
    /// Change of what is held.
    pub held_delta_nanos: i64,
    /// Change of what is spent.
    pub spent_delta_nanos: i64,
    /// The budget period it counts in.
    pub period_start: Option<i64>,
    /// When.
    pub occurred_at: i64,
}

/// No relations: joins are by tenant-scoped queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
