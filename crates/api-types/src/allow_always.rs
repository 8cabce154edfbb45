//! Allowing again what people approved once.

use clasper_core::TenantId;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use crate::WireTime;

/// Until when.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AllowAlwaysQuery {
    /// The tenant, for callers of several.
    #[serde(default)]
    #[param(value_type = Option<String>, example = "acme")]
    pub tenant_id: Option<TenantId>,
    /// The first moment at which it no longer counts; a week from now when absent.
    #[serde(default)]
    #[param(value_type = Option<String>, example = "2026-11-27T10:00:00.000Z")]
    pub expires_at: Option<WireTime>,
}

/// A policy that would allow the same intent again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "policy": {
        "policy_id": "allow-always-0190c7a2-5b1e-7c3a-9f00-2b6d5a1e4c11", "subject": {"type": "tool", "name": "exec"},
        "conditions": {"adapter_id": "openclaw-local", "workspace_id": "main",
            "intent_hash": "sha256:af94ade43ccb3c3721fc7e9cbe535985701186147475d5874567a37d66a875a1"},
        "effect": {"decision": "allow"}, "precedence": 1, "expires_at": "2026-11-27T10:00:00.000Z"
    },
    "expires_at": "2026-11-27T10:00:00.000Z",
    "digest": "sha256:bb94ade43ccb3c3721fc7e9cbe535985701186147475d5874567a37d66a875a2"
}))]
pub struct AllowAlwaysProposal {
    /// The rule, as it would be saved.
    #[schema(value_type = Object)]
    pub policy: Value,
    /// The first moment at which it no longer counts.
    pub expires_at: WireTime,
    /// To be repeated, so that what is saved is what was shown.
    pub digest: String,
}

/// The policy that was shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "expires_at": "2026-11-27T10:00:00.000Z",
    "digest": "sha256:bb94ade43ccb3c3721fc7e9cbe535985701186147475d5874567a37d66a875a2"
}))]
pub struct AllowAlwaysBody {
    /// The tenant, for callers of several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub tenant_id: Option<TenantId>,
    /// As it was shown.
    pub expires_at: WireTime,
    /// As it was shown.
    #[schema(pattern = "^sha256:[0-9a-f]{64}$")]
    pub digest: String,
}

/// The policy, in force.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "policy": {"policy_id": "allow-always-0190c7a2-5b1e-7c3a-9f00-2b6d5a1e4c11", "effect": {"decision": "allow"}},
    "policy_bundle_hash": "sha256:bb94ade43ccb3c3721fc7e9cbe535985701186147475d5874567a37d66a875a2"
}))]
pub struct AllowAlwaysReply {
    /// The rule.
    #[schema(value_type = Object)]
    pub policy: Value,
    /// Hash of the bundle that it is in now.
    pub policy_bundle_hash: String,
}
