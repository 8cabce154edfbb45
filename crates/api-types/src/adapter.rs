//! The registry of adapters.

use clasper_core::{AdapterId, AdapterKeyId, TenantId, WorkspaceId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::WireTime;

/// How dangerous an adapter is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RiskClassName {
    /// Reads harmless things.
    Low,
    /// Writes what can be undone.
    Medium,
    /// Writes what is hard to undo.
    High,
    /// Can do anything.
    Critical,
}

/// How far an adapter was examined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CertificationTierName {
    /// Not at all.
    Experimental,
    /// By others who use it.
    Community,
    /// By the tenant or the makers of the server.
    Verified,
}

/// What an adapter says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "adapter_id": "openclaw-local", "display_name": "OpenClaw Local Gateway", "risk_class": "high",
    "capabilities": ["exec", "read", "write"], "version": "0.1.0", "enabled": true,
    "certification_tier": "community", "tool_capabilities": ["exec.run"]
}))]
pub struct RegisterAdapterBody {
    /// Its id, which has to be its token's.
    #[schema(value_type = String)]
    pub adapter_id: AdapterId,
    /// The tenant, which has to be its token's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub tenant_id: Option<TenantId>,
    /// Its name for people.
    #[schema(min_length = 1, max_length = 128)]
    pub display_name: String,
    /// The class that it claims: it can raise what the registry says, never lower it.
    pub risk_class: RiskClassName,
    /// What it can do.
    pub capabilities: Vec<String>,
    /// Its own version.
    #[schema(min_length = 1, max_length = 128)]
    pub version: String,
    /// Whether it wants to be asked at all. An adapter that an operator has disabled stays disabled.
    pub enabled: bool,
    /// Accepted and not believed: operators set it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certification_tier: Option<CertificationTierName>,
    /// The tools that it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_capabilities: Option<Vec<String>>,
}

/// An adapter as it is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "adapter_id": "openclaw-local", "tenant_id": "acme", "display_name": "OpenClaw Local Gateway", "risk_class": "high",
    "capabilities": ["exec", "read", "write"], "tool_capabilities": ["exec.run"], "version": "0.1.0", "enabled": true,
    "certification_tier": "experimental",
    "created_at": "2026-11-20T10:08:24.000Z", "updated_at": "2026-11-20T10:08:24.000Z"
}))]
pub struct AdapterView {
    /// Its id.
    #[schema(value_type = String)]
    pub adapter_id: AdapterId,
    /// Whose it is.
    #[schema(value_type = String)]
    pub tenant_id: TenantId,
    /// Its name for people.
    pub display_name: String,
    /// How dangerous it is taken to be: `high` at least, until an operator says otherwise.
    pub risk_class: RiskClassName,
    /// What it can do, in order.
    pub capabilities: Vec<String>,
    /// The tools that it has, in order.
    pub tool_capabilities: Vec<String>,
    /// Its own version.
    pub version: String,
    /// Whether it may ask at all.
    pub enabled: bool,
    /// How far it was examined.
    pub certification_tier: CertificationTierName,
    /// When it was first registered.
    pub created_at: WireTime,
    /// When it last changed.
    pub updated_at: WireTime,
}

/// Every adapter of the tenant, by id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AdapterList {
    /// The adapters.
    pub adapters: Vec<AdapterView>,
    /// How many there are.
    pub total: usize,
}

/// What an operator changes of an adapter. What is absent stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"risk_class": "medium", "certification_tier": "verified"}))]
pub struct ChangeAdapterBody {
    /// The tenant to act for. Needed with the daemon key only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "acme")]
    pub tenant_id: Option<TenantId>,
    /// Whether it may ask at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// How dangerous it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub risk_class: Option<RiskClassName>,
    /// How far it was examined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certification_tier: Option<CertificationTierName>,
}

/// An adapter that has registered, with a key of its own.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "adapter_id": "openclaw-local", "tenant_id": "acme", "display_name": "OpenClaw Local Gateway", "risk_class": "high",
    "capabilities": ["exec", "read", "write"], "tool_capabilities": ["exec.run"], "version": "0.1.0", "enabled": true,
    "certification_tier": "experimental",
    "created_at": "2026-11-20T10:08:24.000Z", "updated_at": "2026-11-20T10:08:24.000Z",
    "adapter_token": "cla_Zk3v9aQx…"
}))]
pub struct RegisteredAdapterReply {
    /// The adapter as it is known now.
    #[serde(flatten)]
    pub adapter: AdapterView,
    /// A key of the adapter's own, for `X-Adapter-Token` from now on. It is shown this once. Null for an adapter that came
    /// with one.
    #[schema(required)]
    pub adapter_token: Option<String>,
}

/// A key of an adapter, without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "key_id": "0190c7a2-5b1e-7c3a-9f00-2b6d5a1e4c11", "adapter_id": "openclaw-local", "workspace_id": "main",
    "prefix": "cla_Zk3v9aQx", "created_at": "2026-11-20T10:08:24.000Z", "expires_at": null, "revoked_at": null
}))]
pub struct AdapterKeyView {
    /// Its id.
    #[schema(value_type = String, format = Uuid)]
    pub key_id: AdapterKeyId,
    /// The adapter.
    #[schema(value_type = String)]
    pub adapter_id: AdapterId,
    /// The workspace that it asks for.
    #[schema(value_type = String)]
    pub workspace_id: WorkspaceId,
    /// The first characters of the secret, to tell keys apart.
    pub prefix: String,
    /// When it was issued.
    pub created_at: WireTime,
    /// When it ends; null until another takes its place.
    #[schema(required)]
    pub expires_at: Option<WireTime>,
    /// When it was revoked; null while it is not.
    #[schema(required)]
    pub revoked_at: Option<WireTime>,
}

/// A key that was issued, with its secret.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "key": {
        "key_id": "0190c7a2-5b1e-7c3a-9f00-2b6d5a1e4c11", "adapter_id": "openclaw-local", "workspace_id": "main",
        "prefix": "cla_Zk3v9aQx", "created_at": "2026-11-20T10:08:24.000Z", "expires_at": null, "revoked_at": null
    },
    "adapter_token": "cla_Zk3v9aQx…"
}))]
pub struct IssuedAdapterKeyReply {
    /// The key.
    pub key: AdapterKeyView,
    /// The secret, for `X-Adapter-Token`. It is shown this once and cannot be shown again.
    pub adapter_token: String,
}

/// Every key of an adapter, the newest first, ended ones included.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AdapterKeyList {
    /// The keys.
    pub keys: Vec<AdapterKeyView>,
}

/// A key to issue to an adapter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"workspace_id": "main"}))]
pub struct IssueAdapterKeyBody {
    /// The tenant to act for. Needed with the daemon key only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "acme")]
    pub tenant_id: Option<TenantId>,
    /// The workspace that the key asks for, the only one.
    #[schema(value_type = String)]
    pub workspace_id: WorkspaceId,
}
