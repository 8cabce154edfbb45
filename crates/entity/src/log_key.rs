//! The keys that sign checkpoints, the retired ones too.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "log_keys")]
pub struct Model {
    /// Its number, from 1: two processes that add a key at once are told apart by it.
    #[sea_orm(primary_key, auto_increment = false)]
    pub serial: i64,
    /// The Ed25519 public key, 32 bytes.
    pub public_key: Vec<u8>,
    /// The sealed seed of a key that was generated here; null for one that is configured.
    pub sealed_seed: Option<Vec<u8>>,
    /// First moment of its use, in microseconds.
    pub valid_from: i64,
    /// First moment after its use; null while it is in use.
    pub valid_until: Option<i64>,
}

/// No relations: joins are by tenant-scoped queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
