//! Callbacks and webhooks: what waits to be told, and what became of it.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "notices")]
pub struct Model {
    /// The message, the same for every attempt.
    #[sea_orm(primary_key, auto_increment = false)]
    pub message_id: Uuid,
    /// Whose.
    pub tenant_id: String,
    /// The endpoint; null for a callback.
    pub endpoint_id: Option<Uuid>,
    /// What it reports.
    pub event_type: String,
    /// Receiver and entity: messages of one queue leave one after another.
    pub queue: String,
    /// The place in the queue: the audit entry of the change.
    pub position: i64,
    /// The trace of the change.
    pub trace_id: Option<Uuid>,
    /// The body for an endpoint; the sealed address and body for a callback.
    pub payload: Vec<u8>,
    /// `waiting`, `delivered` or `failed`.
    pub state: String,
    /// Attempts so far.
    pub attempts: i64,
    /// What came of the last one.
    pub last_result: Option<String>,
    /// When it was made.
    pub last_attempt_at: Option<i64>,
    /// When the change happened.
    pub created_at: i64,
    /// Not before this.
    pub next_attempt_at: i64,
}

/// No relations: joins are by tenant-scoped queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
