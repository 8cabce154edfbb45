//! Executions that adapters asked for, from decision to outcome.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "executions")]
pub struct Model {
    /// Whose.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: String,
    /// The decision.
    #[sea_orm(primary_key, auto_increment = false)]
    pub decision_id: Uuid,
    /// Who asked.
    pub adapter_id: String,
    /// The adapter's name for it.
    pub execution_key: String,
    /// The execution, as the ledger names it.
    pub execution_id: Uuid,
    /// The trace it belongs to.
    pub trace_id: Uuid,
    /// The workspace.
    pub workspace_id: String,
    /// The environment.
    pub environment: Option<String>,
    /// The agent.
    pub agent_id: Option<String>,
    /// The tool.
    pub tool: Option<String>,
    /// `allowed`, `denied`, `pending`, `approved`, `rejected`, `expired`, `lapsed` or `settled`.
    pub status: String,
    /// The reason code.
    pub reason: String,
    /// SHA-256 of what may execute.
    pub intent_hash: Vec<u8>,
    /// 0 to 100.
    pub risk_score: i32,
    /// `low`, `medium`, `high` or `critical`.
    pub risk_level: String,
    /// What was asked, redacted, as JSON.
    #[sea_orm(column_type = "Text")]
    pub request: String,
    /// What was asked, exactly, sealed.
    pub sealed_request: Vec<u8>,
    /// The approval with its votes, as JSON; null when nobody had to be asked.
    #[sea_orm(column_type = "Text", nullable)]
    pub approval: Option<String>,
    /// The grant, once there is one.
    pub grant_id: Option<Uuid>,
    /// Its state.
    pub grant_state: Option<String>,
    /// Its limits, as JSON.
    #[sea_orm(column_type = "Text", nullable)]
    pub grant_limits: Option<String>,
    /// When it lapses.
    pub grant_expires_at: Option<i64>,
    /// When it was consumed.
    pub consumed_at: Option<i64>,
    /// SHA-256 of the decision token, once people have agreed.
    pub decision_token_hash: Option<Vec<u8>>,
    /// When the token was made.
    pub decision_token_issued_at: Option<i64>,
    /// When the token ends.
    pub decision_token_expires_at: Option<i64>,
    /// Money held.
    pub hold_nanos: i64,
    /// The budgets that hold it, as a JSON list.
    #[sea_orm(column_type = "Text")]
    pub hold_scopes: String,
    /// Where to report the resolution, sealed.
    pub callback: Option<Vec<u8>>,
    /// When something has to happen if nobody does anything: escalation, expiry, lapse.
    pub due_at: Option<i64>,
    /// Raised by every change; the `ETag`.
    pub revision: i64,
    /// When it was asked.
    pub requested_at: i64,
    /// When it last changed.
    pub updated_at: i64,
    /// The audit entry of its decision.
    pub audit_seq: i64,
}

/// No relations: joins are by tenant-scoped queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
