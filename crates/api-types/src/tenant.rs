//! Tenants.

use clasper_core::TenantId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::WireTime;

/// A tenant to create.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"tenant_id": "acme", "name": "Acme Ltd", "time_zone": "Europe/Berlin"}))]
pub struct CreateTenantBody {
    /// Its id.
    #[schema(value_type = String, max_length = 128)]
    pub tenant_id: TenantId,
    /// Its name for people; its id when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// IANA time zone in which its months begin and end; `UTC` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
}

/// A tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TenantView {
    /// Its id.
    #[schema(value_type = String)]
    pub tenant_id: TenantId,
    /// Its name for people.
    pub name: String,
    /// IANA time zone in which its months begin and end.
    pub time_zone: String,
    /// When it was created.
    pub created_at: WireTime,
}

/// The tenant as it is now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"tenant": {
    "tenant_id": "acme", "name": "Acme Ltd", "time_zone": "Europe/Berlin", "created_at": "2026-11-20T10:03:16.397Z"
}}))]
pub struct TenantReply {
    /// The tenant.
    pub tenant: TenantView,
}
