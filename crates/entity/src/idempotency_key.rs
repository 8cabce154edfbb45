//! Answers kept for clients' idempotency keys; sealed.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "idempotency_keys")]
pub struct Model {
    /// Whose.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: String,
    /// The client's key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: String,
    /// Hash of the request it came with.
    pub request_hash: Vec<u8>,
    /// The execution.
    pub execution_id: Uuid,
    /// The sealed answer; null while it is being worked on.
    pub answer: Option<Vec<u8>>,
    /// When.
    pub created_at: i64,
}

/// No relations: joins are by tenant-scoped queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
