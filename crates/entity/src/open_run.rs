//! Runs that have not ended, with the money held for them.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "open_runs")]
pub struct Model {
    /// The execution.
    #[sea_orm(primary_key, auto_increment = false)]
    pub execution_id: Uuid,
    /// Whose.
    pub tenant_id: String,
    /// Its decision.
    pub decision_id: Uuid,
    /// The process that runs it.
    pub instance_id: Uuid,
    /// Money held.
    pub hold_nanos: i64,
    /// The client's idempotency key.
    pub idempotency_key: Option<String>,
    /// Hash of the request that came with the key.
    pub request_hash: Option<Vec<u8>>,
    /// The budgets within the tenant's that hold the money, as a JSON list.
    #[sea_orm(column_type = "Text")]
    pub hold_scopes: String,
    /// The trace as far as it is known, as JSON.
    #[sea_orm(column_type = "Text")]
    pub draft: String,
    /// When.
    pub opened_at: i64,
}

/// No relations: joins are by tenant-scoped queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
