//! Totals over the traces that began within an hour.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "trace_totals")]
pub struct Model {
    /// Whose.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: String,
    /// The hour's first microsecond.
    #[sea_orm(primary_key, auto_increment = false)]
    pub starts_at: i64,
    /// How many traces.
    pub traces: i64,
    /// How many did not complete.
    pub failed: i64,
    /// Tokens of their prompts.
    pub input_tokens: i64,
    /// Tokens of their answers.
    pub output_tokens: i64,
    /// What they cost.
    pub cost_nanos: i64,
    /// How long they took together.
    pub duration_ms: i64,
}

/// No relations: joins are by tenant-scoped queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
