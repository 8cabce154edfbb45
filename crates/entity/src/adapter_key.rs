//! Keys of adapters, by the digest of their secret.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "adapter_keys")]
pub struct Model {
    /// The key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub key_id: Uuid,
    /// Its tenant.
    pub tenant_id: String,
    /// Its adapter.
    pub adapter_id: String,
    /// The workspace that it asks for.
    pub workspace_id: String,
    /// The part of the secret that is shown.
    pub prefix: String,
    /// SHA-256 of the secret.
    #[sea_orm(unique)]
    pub secret_hash: Vec<u8>,
    /// When it was issued.
    pub created_at: i64,
    /// When it ends: set when another takes its place.
    pub expires_at: Option<i64>,
    /// When it was revoked.
    pub revoked_at: Option<i64>,
    /// The audit entry that issued it.
    pub audit_seq: i64,
}

/// No relations: joins are by tenant-scoped queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
