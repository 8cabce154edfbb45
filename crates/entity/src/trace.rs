//! Traces: what is searched in columns, the whole in `document`.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "traces")]
pub struct Model {
    /// Whose.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: String,
    /// The trace.
    #[sea_orm(primary_key, auto_increment = false)]
    pub trace_id: Uuid,
    /// The workspace.
    pub workspace_id: String,
    /// The agent's role.
    pub agent_role: String,
    /// How it ended.
    pub status: String,
    /// When it began.
    pub started_at: i64,
    /// What it cost.
    pub cost_nanos: i64,
    /// The trace, as JSON.
    #[sea_orm(column_type = "Text")]
    pub document: String,
    /// How long it took.
    pub duration_ms: i64,
    /// Tokens of the prompts.
    pub input_tokens: i64,
    /// Tokens of the answers.
    pub output_tokens: i64,
    /// Whether it did not complete.
    pub failed: bool,
    /// Where it comes from: `run` or `otlp`.
    pub source: String,
}

/// No relations: joins are by tenant-scoped queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
