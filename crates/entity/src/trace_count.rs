//! How many traces there are that began within an hour or a day, by what lists are filtered by.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "trace_counts")]
pub struct Model {
    /// Whose.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: String,
    /// How many microseconds it covers: an hour's or a day's.
    #[sea_orm(primary_key, auto_increment = false)]
    pub span: i64,
    /// The first of them.
    #[sea_orm(primary_key, auto_increment = false)]
    pub starts_at: i64,
    /// Their workspace.
    #[sea_orm(primary_key, auto_increment = false)]
    pub workspace_id: String,
    /// Their agents' role.
    #[sea_orm(primary_key, auto_increment = false)]
    pub agent_role: String,
    /// How they ended.
    #[sea_orm(primary_key, auto_increment = false)]
    pub status: String,
    /// How many are kept.
    pub traces: i64,
}

/// No relations: joins are by tenant-scoped queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
