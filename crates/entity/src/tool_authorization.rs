//! Answers to adapters that asked for a tool within an execution, and the tokens that came with them.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tool_authorizations")]
pub struct Model {
    /// Whose.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: String,
    /// The authorization, which is the token's id, too.
    #[sea_orm(primary_key, auto_increment = false)]
    pub authorization_id: Uuid,
    /// The decision about the call.
    pub decision_id: Uuid,
    /// The decision of the execution that the call is within.
    pub execution_decision_id: Uuid,
    /// The adapter's name for the execution.
    pub execution_key: String,
    /// Who asked.
    pub adapter_id: String,
    /// The workspace.
    pub workspace_id: String,
    /// The tool.
    pub tool: String,
    /// Its group.
    pub tool_group: Option<String>,
    /// `denied`, `granted`, `used` or `lapsed`.
    pub state: String,
    /// The reason code of the decision.
    pub reason: String,
    /// The deciding policy.
    pub policy_id: Option<String>,
    /// What may be done, redacted, as canonical JSON.
    #[sea_orm(column_type = "Text")]
    pub scope: String,
    /// SHA-256 of the exact scope.
    pub scope_hash: Vec<u8>,
    /// SHA-256 of the token.
    pub token_hash: Option<Vec<u8>>,
    /// When the token ends.
    pub token_expires_at: Option<i64>,
    /// When it was used.
    pub used_at: Option<i64>,
    /// When the call was reported.
    pub reported_at: Option<i64>,
    /// The trace of the execution.
    pub trace_id: Uuid,
    /// When it was decided.
    pub decided_at: i64,
    /// The audit entry of the decision.
    pub audit_seq: i64,
}

/// No relations: joins are by tenant-scoped queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
