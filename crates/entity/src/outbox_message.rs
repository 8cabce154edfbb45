//! Messages waiting for backends; payloads are sealed.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "outbox_messages")]
pub struct Model {
    /// The message.
    #[sea_orm(primary_key, auto_increment = false)]
    pub message_id: Uuid,
    /// Whose.
    pub tenant_id: String,
    /// The trace.
    pub trace_id: Uuid,
    /// message or document.
    pub kind: String,
    /// Recognised by the backend.
    pub idempotency_key: String,
    /// For whom to deliver, as JSON.
    #[sea_orm(column_type = "Text")]
    pub agent: String,
    /// The sealed delivery.
    pub payload: Vec<u8>,
    /// When it was made.
    pub created_at: i64,
    /// Not before this.
    pub next_attempt_at: i64,
    /// Attempts so far.
    pub attempts: i64,
    /// Whether it will not be tried again.
    pub given_up: bool,
}

/// No relations: joins are by tenant-scoped queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
