//! What came of decisions: one row for each that is closed.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "outcomes")]
pub struct Model {
    /// The decision.
    #[sea_orm(primary_key, auto_increment = false)]
    pub decision_id: Uuid,
    /// Whose.
    pub tenant_id: String,
    /// completed, failed, cancelled, recovered, denied, succeeded.
    pub result: String,
    /// The reason code.
    pub reason: Option<String>,
    /// What it cost.
    pub cost_nanos: i64,
    /// When.
    pub occurred_at: i64,
    /// The audit entry that was written with it.
    pub audit_seq: i64,
}

/// No relations: joins are by tenant-scoped queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
