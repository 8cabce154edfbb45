//! Budgets within a tenant: of a workspace, an agent or a session.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "budget_scopes")]
pub struct Model {
    /// Whose.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: String,
    /// `workspace:<id>`, `agent:<id>` or `session:<id>`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub scope: String,
    /// The limit, in nano-dollars.
    pub limit_nanos: i64,
    /// Spent in the period.
    pub spent_nanos: i64,
    /// Held for what is open.
    pub held_nanos: i64,
    /// Runs charged in the period.
    pub runs: i64,
    /// Start of the period, in microseconds.
    pub period_start: i64,
    /// End of the period, in microseconds.
    pub period_end: i64,
    /// `calendar_month` or `fixed`.
    pub period_kind: String,
    /// Time zone of its months.
    pub time_zone: String,
    /// Whether the limit refuses.
    pub hard_limit: bool,
    /// Alert threshold, in hundredths of a per cent.
    pub alert_basis_points: i64,
    /// When it was first set.
    pub created_at: i64,
    /// When it was last set or rolled over.
    pub updated_at: i64,
}

/// No relations: joins are by tenant-scoped queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
