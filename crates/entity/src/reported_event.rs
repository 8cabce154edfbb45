//! Events that adapters reported: by these marks an event is recognised when it comes again.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "reported_events")]
pub struct Model {
    /// Whose.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: String,
    /// The adapter.
    #[sea_orm(primary_key, auto_increment = false)]
    pub adapter_id: String,
    /// What the event is recognised by.
    #[sea_orm(primary_key, auto_increment = false)]
    pub event_key: String,
    /// SHA-256 of its canonical JSON.
    pub content_hash: Vec<u8>,
    /// Its audit entry.
    pub audit_seq: i64,
}

/// No relations: joins are by tenant-scoped queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
