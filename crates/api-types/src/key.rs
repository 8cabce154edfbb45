//! API keys of tenants.

use clasper_core::{ApiKeyId, TenantId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::WireTime;

/// What a key may do, from least to most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RoleName {
    /// Send messages and nothing else.
    Agent,
    /// Read traces.
    Viewer,
    /// Send messages; read everything of the tenant.
    Operator,
    /// Also change budgets.
    ReleaseManager,
    /// Also issue keys.
    Admin,
}

/// An API key to issue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "backend in production", "role": "agent"}))]
pub struct CreateKeyBody {
    /// Its name for people.
    #[schema(min_length = 1, max_length = 200)]
    pub name: String,
    /// What it may do.
    pub role: RoleName,
}

/// An API key, without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ApiKeyView {
    /// Its id.
    #[schema(value_type = String, format = Uuid)]
    pub id: ApiKeyId,
    /// The tenant whose data it opens.
    #[schema(value_type = String)]
    pub tenant_id: TenantId,
    /// Its name for people.
    pub name: String,
    /// What it may do.
    pub role: RoleName,
    /// The first characters of the secret, to tell keys apart.
    #[schema(example = "clk_Zk3v9aQx")]
    pub prefix: String,
    /// When it was created.
    pub created_at: WireTime,
    /// When it was revoked; null while it is good.
    #[schema(required)]
    pub revoked_at: Option<WireTime>,
}

/// A key that was issued, with its secret.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "key": {
        "id": "0190c7a2-5b1e-7c3a-9f00-2b6d5a1e4c11", "tenant_id": "acme", "name": "backend in production",
        "role": "agent", "prefix": "clk_Zk3v9aQx", "created_at": "2026-11-20T10:03:16.397Z", "revoked_at": null
    },
    "secret": "clk_Zk3v9aQx…"
}))]
pub struct CreatedKeyReply {
    /// The key.
    pub key: ApiKeyView,
    /// The secret, for `Authorization: Bearer`. It is shown this once and cannot be shown again.
    pub secret: String,
}

/// A key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"key": {
    "id": "0190c7a2-5b1e-7c3a-9f00-2b6d5a1e4c11", "tenant_id": "acme", "name": "backend in production",
    "role": "agent", "prefix": "clk_Zk3v9aQx", "created_at": "2026-11-20T10:03:16.397Z",
    "revoked_at": "2026-11-21T08:00:00.000Z"
}}))]
pub struct ApiKeyReply {
    /// The key.
    pub key: ApiKeyView,
}

/// Every key of a tenant, oldest first, revoked ones included.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"keys": [{
    "id": "0190c7a2-5b1e-7c3a-9f00-2b6d5a1e4c11", "tenant_id": "acme", "name": "backend in production",
    "role": "agent", "prefix": "clk_Zk3v9aQx", "created_at": "2026-11-20T10:03:16.397Z", "revoked_at": null
}]}))]
pub struct ApiKeyList {
    /// The keys.
    pub keys: Vec<ApiKeyView>,
}
