//! Endpoints of tenants' webhooks; addresses and secrets are sealed.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "webhook_endpoints")]
pub struct Model {
    /// Whose.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: String,
    /// The endpoint.
    #[sea_orm(primary_key, auto_increment = false)]
    pub endpoint_id: Uuid,
    /// Scheme, host and port.
    pub origin: String,
    /// The sealed address.
    pub sealed_url: Vec<u8>,
    /// The sealed signing secret.
    pub sealed_secret: Vec<u8>,
    /// The sealed secret before, which signs beside it for a while.
    pub sealed_old_secret: Option<Vec<u8>>,
    /// Until when.
    pub old_secret_until: Option<i64>,
    /// What it is told about, as a JSON list.
    #[sea_orm(column_type = "Text")]
    pub event_types: String,
    /// Whether it is told anything.
    pub enabled: bool,
    /// Why it was switched off.
    pub disabled_reason: Option<String>,
    /// Since when nothing has arrived.
    pub failing_since: Option<i64>,
    /// When it was made.
    pub created_at: i64,
    /// When it last changed.
    pub updated_at: i64,
    /// The audit entry of its last change.
    pub audit_seq: i64,
}

/// No relations: joins are by tenant-scoped queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
