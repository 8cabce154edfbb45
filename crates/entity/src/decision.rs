//! Decisions and the grants they gave.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "decisions")]
pub struct Model {
    /// The decision.
    #[sea_orm(primary_key, auto_increment = false)]
    pub decision_id: Uuid,
    /// Whose.
    pub tenant_id: String,
    /// The execution.
    pub execution_id: Uuid,
    /// The kind of effect.
    pub action: String,
    /// SHA-256 of what executes.
    pub intent_hash: Vec<u8>,
    /// `allow`, `deny` or `require_approval`.
    pub effect: String,
    /// The reason code.
    pub reason: String,
    /// Rules that matched, as a JSON list.
    #[sea_orm(column_type = "Text")]
    pub matched_policies: String,
    /// Hash of the rules in force.
    pub policy_bundle_hash: Vec<u8>,
    /// What it was computed from, as canonical JSON.
    #[sea_orm(column_type = "Text")]
    pub inputs: String,
    /// The grant, consumed with the decision.
    pub grant_id: Option<Uuid>,
    /// Its limits, as JSON.
    #[sea_orm(column_type = "Text", nullable)]
    pub grant_limits: Option<String>,
    /// When.
    pub decided_at: i64,
    /// The audit entry that was written with it.
    pub audit_seq: i64,
}

/// No relations: joins are by tenant-scoped queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
