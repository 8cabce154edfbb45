//! Processes that run agents, and when they last said so.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "instances")]
pub struct Model {
    /// The process.
    #[sea_orm(primary_key, auto_increment = false)]
    pub instance_id: Uuid,
    /// When it last said that it lives.
    pub beat_at: i64,
}

/// No relations: joins are by tenant-scoped queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
