//! Signed checkpoints: one for a size, never changed; of old ones the last of each hour is kept.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "log_checkpoints")]
pub struct Model {
    /// Whose log.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: String,
    /// How many entries it covers.
    #[sea_orm(primary_key, auto_increment = false)]
    pub size: i64,
    /// The root of the tree of so many entries.
    pub root_hash: Vec<u8>,
    /// The signed note.
    #[sea_orm(column_type = "Text")]
    pub note: String,
    /// When it was signed, in microseconds.
    pub signed_at: i64,
}

/// No relations: joins are by tenant-scoped queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
