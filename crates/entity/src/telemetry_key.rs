//! Public keys by which the reports of adapters are verified.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "telemetry_keys")]
pub struct Model {
    /// Whose.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: String,
    /// The audit entry that set it.
    #[sea_orm(primary_key, auto_increment = false)]
    pub audit_seq: i64,
    /// The adapter.
    pub adapter_id: String,
    /// The adapter's version that signs with it; any when null.
    pub adapter_version: Option<String>,
    /// Its id.
    pub key_id: String,
    /// `ed25519` or `ES256`.
    pub key_alg: String,
    /// The key, as a JSON Web Key.
    #[sea_orm(column_type = "Text")]
    pub public_jwk: String,
    /// When it was set.
    pub created_at: i64,
    /// When another took its place.
    pub replaced_at: Option<i64>,
    /// When it was revoked.
    pub revoked_at: Option<i64>,
}

/// No relations: joins are by tenant-scoped queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
