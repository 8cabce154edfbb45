//! Bundles of policies: saved once, put in force as a whole.

use clasper_core::{BundleId, TenantId, WorkspaceId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use crate::WireTime;

/// How the rules of a bundle are weighed against one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CombiningName {
    /// Higher precedence, then the more specific scope, then the stricter effect.
    #[default]
    Precedence,
    /// The strictest effect, whatever the precedence.
    DenyOverrides,
}

/// One policy of a bundle: either `rule` or `cedar`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BundlePolicyBody {
    /// Its id: needed with a Cedar policy that has no `@id`; a rule names itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy_id: Option<String>,
    /// A rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub rule: Option<Value>,
    /// Exactly one Cedar policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cedar: Option<String>,
}

/// A bundle of policies.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "name": "payments", "environment": "production", "activate": true,
    "policies": [
        {"rule": {"policy_id": "pay-with-approval", "subject": {"type": "tool", "name": "pay"},
            "effect": {"decision": "require_approval"}}},
        {"cedar": "@id(\"no-egress\") forbid(principal, action, resource) when { context has external_network && context.external_network };"}
    ]
}))]
pub struct BundleBody {
    /// The tenant to act for. Needed with the daemon key only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "acme")]
    pub tenant_id: Option<TenantId>,
    /// Its name: with the workspace and the environment, the place it takes when it is in force.
    #[schema(min_length = 1, max_length = 128)]
    pub name: String,
    /// Only in this workspace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub workspace_id: Option<WorkspaceId>,
    /// Only in this environment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// How its rules are weighed; by precedence when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub combining: Option<CombiningName>,
    /// Its policies.
    #[schema(max_items = 5000)]
    pub policies: Vec<BundlePolicyBody>,
    /// Whether it takes its place at once. It does not when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activate: Option<bool>,
}

/// How many bundles to list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct BundleQuery {
    /// The newest so many: 50 when absent, at most 200.
    #[serde(default)]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200, example = 50)]
    pub limit: Option<String>,
}

/// The place of a bundle in force.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SlotQuery {
    /// The bundle's name.
    #[param(example = "payments")]
    pub name: String,
    /// Its workspace; that of every workspace when absent.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    pub workspace_id: Option<WorkspaceId>,
    /// Its environment; that of every environment when absent.
    #[serde(default)]
    pub environment: Option<String>,
}

/// A policy of a bundle, as it was saved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BundlePolicyView {
    /// Its id.
    pub policy_id: String,
    /// Its version.
    pub version: u32,
    /// The rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub rule: Option<Value>,
    /// The Cedar policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cedar: Option<String>,
}

/// A bundle as it was saved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "id": "0190c7a2-5b1e-7c3a-9f00-2b6d5a1e4c11", "name": "payments", "workspace_id": null, "environment": "production",
    "combining": "precedence", "policy_bundle_hash": "sha256:bb94ade43ccb3c3721fc7e9cbe535985701186147475d5874567a37d66a875a2",
    "policy_count": 2, "created_by": "api_key:0190c7a2-5b1e-7c3a-9f00-2b6d5a1e4c12", "created_at": "2026-11-20T10:03:16.397Z",
    "active": true
}))]
pub struct BundleView {
    /// Its id.
    #[schema(value_type = String, format = Uuid)]
    pub id: BundleId,
    /// Its name.
    pub name: String,
    /// The only workspace it is for; null for all.
    #[schema(required)]
    pub workspace_id: Option<String>,
    /// The only environment it is for; null for all.
    #[schema(required)]
    pub environment: Option<String>,
    /// How its rules are weighed.
    pub combining: CombiningName,
    /// Hash over the full text of its policies.
    pub policy_bundle_hash: String,
    /// How many policies it holds.
    pub policy_count: usize,
    /// Who saved it.
    pub created_by: String,
    /// When.
    pub created_at: WireTime,
    /// Whether it is in force.
    pub active: bool,
    /// Its policies; in lists they are left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policies: Option<Vec<BundlePolicyView>>,
}

/// A bundle.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BundleReply {
    /// The bundle.
    pub bundle: BundleView,
}

/// The newest bundles, and every bundle in force.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BundleList {
    /// The newest, in force or not.
    pub bundles: Vec<BundleView>,
    /// Those in force.
    pub active: Vec<BundleView>,
    /// The tenant's governance revision: raised by every change of policies or adapters.
    pub revision: i64,
}

/// Something wrong with a policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PolicyFaultView {
    /// The policy.
    pub policy_id: String,
    /// JSON pointer to the member at fault, into the body that was sent.
    #[schema(example = "/policies/0/rule/conditions/toool")]
    pub pointer: String,
    /// The line of the Cedar text, counted from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// What is wrong, and what to write instead.
    pub detail: String,
}

/// Whether policies could be saved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "valid": true, "faults": [],
    "policy_bundle_hash": "sha256:bb94ade43ccb3c3721fc7e9cbe535985701186147475d5874567a37d66a875a2"
}))]
pub struct PolicyCheckReply {
    /// Whether they could.
    pub valid: bool,
    /// Everything that is wrong with them.
    pub faults: Vec<PolicyFaultView>,
    /// The hash that the bundle would have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy_bundle_hash: Option<String>,
}

/// A pack: policies that ship with the product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "name": "safe-defaults", "description": "Careful beginnings", "combining": "precedence", "policy_ids": ["safe-defaults-deny-external-http"]
}))]
pub struct PackView {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// How its rules are weighed.
    pub combining: CombiningName,
    /// Its policies.
    pub policy_ids: Vec<String>,
}

/// Every pack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PackList {
    /// The packs.
    pub packs: Vec<PackView>,
}

/// Recorded executions to judge again: with `bundle` or `bundle_id`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"days": 7, "bundle_id": "0190c7a2-5b1e-7c3a-9f00-2b6d5a1e4c11"}))]
pub struct BacktestBody {
    /// The tenant to act for. Needed with the daemon key only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "acme")]
    pub tenant_id: Option<TenantId>,
    /// How far to look back.
    #[schema(minimum = 1, maximum = 90)]
    pub days: u16,
    /// A draft. It takes the place of the bundle in force of its name, workspace and environment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bundle: Option<BundleBody>,
    /// A saved bundle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Uuid)]
    pub bundle_id: Option<BundleId>,
}
