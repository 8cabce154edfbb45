//! Violations that were found apart from their trace: in costs and metrics, and those that adapters report.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "reported_violations")]
pub struct Model {
    /// Whose.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: String,
    /// The audit entry.
    #[sea_orm(primary_key, auto_increment = false)]
    pub audit_seq: i64,
    /// The trace.
    pub trace_id: Uuid,
    /// The adapter.
    pub adapter_id: String,
    /// A stable code.
    pub kind: String,
    /// A sentence, redacted.
    #[sea_orm(column_type = "Text")]
    pub message: String,
    /// When it was noticed.
    pub occurred_at: i64,
}

/// No relations: joins are by tenant-scoped queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
