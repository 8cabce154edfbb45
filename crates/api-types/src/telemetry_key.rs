//! Keys by which the reports of adapters are verified.

use clasper_core::{AdapterId, TenantId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use crate::WireTime;

/// A key to set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "adapter_id": "openclaw-local", "version": "0.1.0", "key_alg": "ed25519",
    "public_jwk": {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
}))]
pub struct SetTelemetryKeyBody {
    /// The tenant to act for. Needed with the daemon key only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "acme")]
    pub tenant_id: Option<TenantId>,
    /// The adapter.
    #[schema(value_type = String)]
    pub adapter_id: AdapterId,
    /// The version of the adapter that signs with it; any without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200)]
    pub version: Option<String>,
    /// `ed25519` or `ES256`.
    pub key_alg: String,
    /// The public key, as a JSON Web Key.
    #[schema(value_type = Object)]
    pub public_jwk: Value,
    /// Its id; its thumbprint (RFC 7638) without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200)]
    pub key_id: Option<String>,
}

/// Keys to revoke.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"adapter_id": "openclaw-local", "reason": "the laptop was stolen"}))]
pub struct RevokeTelemetryKeyBody {
    /// The tenant to act for. Needed with the daemon key only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "acme")]
    pub tenant_id: Option<TenantId>,
    /// The adapter.
    #[schema(value_type = String)]
    pub adapter_id: AdapterId,
    /// The keys of this version; all without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200)]
    pub reason: Option<String>,
}

/// Which keys to show.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TelemetryKeyQuery {
    /// Of this version of the adapter only.
    #[serde(default)]
    #[param(example = "0.1.0")]
    pub version: Option<String>,
}

/// A key by which the reports of an adapter are verified.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "adapter_id": "openclaw-local", "version": "0.1.0", "telemetry_key_alg": "ed25519",
    "telemetry_public_jwk": {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
    "telemetry_key_id": "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
    "telemetry_key_created_at": "2026-11-20T10:08:24.000Z", "telemetry_key_replaced_at": null,
    "telemetry_key_revoked_at": null
}))]
pub struct TelemetryKeyView {
    /// The adapter.
    #[schema(value_type = String)]
    pub adapter_id: AdapterId,
    /// The version that signs with it; null for any.
    #[schema(required)]
    pub version: Option<String>,
    /// `ed25519` or `ES256`.
    pub telemetry_key_alg: String,
    /// The key, as a JSON Web Key.
    #[schema(value_type = Object)]
    pub telemetry_public_jwk: Value,
    /// Its id.
    pub telemetry_key_id: String,
    /// When it was set.
    pub telemetry_key_created_at: WireTime,
    /// When another took its place; null while it is in use.
    #[schema(required)]
    pub telemetry_key_replaced_at: Option<WireTime>,
    /// When it was revoked; null while it is not.
    #[schema(required)]
    pub telemetry_key_revoked_at: Option<WireTime>,
}

/// The adapter with the key that was set, or the last that was revoked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TelemetryKeyReply {
    /// The adapter and its key.
    pub adapter: TelemetryKeyView,
}

/// Every key of an adapter, the newest first, ended ones included.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TelemetryKeyList {
    /// The keys.
    pub keys: Vec<TelemetryKeyView>,
}
