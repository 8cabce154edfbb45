//! Tiles of the tenants' trees: full ones never change, those at the right edge grow.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "log_tiles")]
pub struct Model {
    /// Whose tree.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: String,
    /// The tile's level.
    #[sea_orm(primary_key, auto_increment = false)]
    pub level: i64,
    /// Its place within the level.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tile_index: i64,
    /// Its hashes, 32 bytes each.
    pub hashes: Vec<u8>,
}

/// No relations: joins are by tenant-scoped queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
