//! Export bundles: asked for, being made, ready, over.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "exports")]
pub struct Model {
    /// The export.
    #[sea_orm(primary_key, auto_increment = false)]
    pub export_id: Uuid,
    /// Whose log.
    pub tenant_id: String,
    /// `queued`, `running`, `ready`, `failed`, `cancelled` or `expired`.
    pub state: String,
    /// What was asked for, as JSON.
    #[sea_orm(column_type = "Text")]
    pub scope: String,
    /// Who asked.
    pub requested_by: String,
    /// How often it was taken.
    pub attempts: i64,
    /// The process that makes it.
    pub instance_id: Option<Uuid>,
    /// Until when it is its.
    pub lease_until: i64,
    /// Entries written.
    pub entries_done: i64,
    /// Entries to write.
    pub entries_total: i64,
    /// Entries that the bundle shows.
    pub entries: i64,
    /// The archive's length.
    pub archive_bytes: i64,
    /// The archive's SHA-256.
    pub archive_hash: Option<Vec<u8>>,
    /// Why it could not be made.
    pub failure: Option<String>,
    /// When it was asked for.
    pub created_at: i64,
    /// When its making began last.
    pub started_at: i64,
    /// When it became ready or was over.
    pub ended_at: i64,
    /// Until when it can be fetched.
    pub expires_at: i64,
    /// The audit entry that asked for it.
    pub audit_seq: i64,
}

/// No relations: joins are by tenant-scoped queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
