//! What adapters reported their executions to have cost.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "reported_costs")]
pub struct Model {
    /// Whose.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: String,
    /// The adapter.
    #[sea_orm(primary_key, auto_increment = false)]
    pub adapter_id: String,
    /// The adapter's name for the execution.
    #[sea_orm(primary_key, auto_increment = false)]
    pub execution_key: String,
    /// What it has cost so far.
    pub cost_nanos: i64,
    /// When that last grew.
    pub updated_at: i64,
}

/// No relations: joins are by tenant-scoped queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
