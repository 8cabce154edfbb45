//! Tenants: the account that every governed write locks, with audit head, totals and budget.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tenants")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: String,
    /// Its name.
    pub name: String,
    /// Its IANA time zone.
    pub time_zone: String,
    /// When it was created, in microseconds.
    pub created_at: i64,
    /// Place of its newest audit entry.
    pub head_seq: i64,
    /// Leaf hash of its newest audit entry.
    pub head_hash: Option<Vec<u8>>,
    /// Runs that were charged.
    pub runs: i64,
    /// Tokens of all prompts.
    pub input_tokens: i64,
    /// Tokens of all answers.
    pub output_tokens: i64,
    /// Spent over its life, in nano-dollars.
    pub spent_nanos: i64,
    /// Held for open runs, in nano-dollars.
    pub held_nanos: i64,
    /// The budget's limit; null without a budget.
    pub budget_limit_nanos: Option<i64>,
    /// Spent in the budget's period.
    pub budget_spent_nanos: i64,
    /// Runs charged in the budget's period.
    pub budget_runs: i64,
    /// Start of the period, in microseconds.
    pub budget_period_start: i64,
    /// End of the period, in microseconds.
    pub budget_period_end: i64,
    /// `calendar_month` or `fixed`.
    pub budget_period_kind: String,
    /// Time zone of the budget's months.
    pub budget_time_zone: String,
    /// Whether the limit refuses.
    pub budget_hard_limit: bool,
    /// Alert threshold, in hundredths of a per cent.
    pub budget_alert_basis_points: i64,
    /// When the budget was first set.
    pub budget_created_at: i64,
    /// When it was last set or rolled over.
    pub budget_updated_at: i64,
    /// How its traces are kept, as JSON; null when it has not said.
    #[sea_orm(column_type = "Text", nullable)]
    pub retention: Option<String>,
}

/// No relations: joins are by tenant-scoped queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
