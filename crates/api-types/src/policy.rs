//! Policies, one by one.

use clasper_core::{BundleId, TenantId, WorkspaceId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

use crate::WireTime;

/// Which policies to list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PolicyQuery {
    /// In force in this workspace: its own and those of every workspace.
    #[serde(default)]
    #[param(value_type = Option<String>, example = "main")]
    pub workspace_id: Option<WorkspaceId>,
    /// In force in this environment: its own and those of every environment.
    #[serde(default)]
    #[param(example = "production")]
    pub environment: Option<String>,
    /// Switched on, or switched off.
    #[serde(default)]
    #[param(example = true)]
    pub enabled: Option<bool>,
}

/// A policy in force. `kind` says whether it is a rule (`subject`, `conditions`, `effect`) or a Cedar policy (`cedar`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "policy_id": "look-around", "kind": "rule", "version": 1, "tenant_id": "acme", "workspace_id": null,
    "environment": null, "bundle": "default", "bundle_id": "0190c7a2-5b1e-7c3a-9f00-2b6d5a1e4c11", "enabled": true,
    "precedence": 10, "subject": {"type": "tool", "name": "exec"},
    "conditions": {"context.exec.argv0": {"in": ["ls", "pwd"]}}, "effect": {"decision": "allow"},
    "created_at": "2026-11-20T10:03:16.397Z", "updated_at": "2026-11-20T10:03:16.397Z"
}))]
pub struct PolicyRecordView {
    /// Its id.
    pub policy_id: String,
    /// `rule` or `cedar`.
    pub kind: String,
    /// Its version: a text that was saved before keeps its number.
    pub version: u32,
    /// Whose it is.
    #[schema(value_type = String)]
    pub tenant_id: TenantId,
    /// The only workspace it is for; null for all.
    #[schema(required)]
    pub workspace_id: Option<String>,
    /// The only environment it is for; null for all.
    #[schema(required)]
    pub environment: Option<String>,
    /// The bundle it belongs to.
    pub bundle: String,
    /// That bundle, as it was saved.
    #[schema(value_type = String, format = Uuid)]
    pub bundle_id: BundleId,
    /// Whether it counts.
    pub enabled: bool,
    /// A rule with a higher one decides.
    pub precedence: i64,
    /// The rule's subject.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub subject: Option<Value>,
    /// The rule's conditions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub conditions: Option<Value>,
    /// What the rule does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub effect: Option<Value>,
    /// Why, in the rule's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub explanation: Option<String>,
    /// The Cedar policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cedar: Option<String>,
    /// When its bundle was saved.
    pub created_at: WireTime,
    /// Since when it is in force like this.
    pub updated_at: WireTime,
}

/// Policies in force.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PolicyList {
    /// The policies, by bundle and id.
    pub policies: Vec<PolicyRecordView>,
    /// Send it as `cursor` for the next page; null on the last.
    #[schema(required)]
    pub next_cursor: Option<String>,
    /// Whether there is a next page.
    pub has_more: bool,
    /// How many there are at most on a page.
    pub limit: u32,
}

/// A policy to save. Its members are checked strictly: a key, an operator or a value that is not known is refused with its
/// JSON pointer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = Object)]
pub struct PolicyBody(pub Map<String, Value>);

/// A policy that was saved. Saving resolves no pending decision: the last members are there for older clients.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SavedPolicyReply {
    /// The policy.
    pub policy: PolicyRecordView,
    /// Every policy that was saved, when a list was sent.
    pub policies: Vec<PolicyRecordView>,
    /// Always null.
    #[schema(required, value_type = Option<Object>)]
    pub source_decision: Option<Value>,
    /// Always empty.
    pub resolved_decision_ids: Vec<String>,
    /// Always 0.
    pub resolved_decision_count: u32,
}

/// A change of one policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"enabled": false}))]
pub struct ChangePolicyBody {
    /// The tenant to act for. Needed with the daemon key only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "acme")]
    pub tenant_id: Option<TenantId>,
    /// Whether it counts.
    pub enabled: bool,
}

/// A policy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PolicyReply {
    /// The policy.
    pub policy: PolicyRecordView,
}

/// Which tenant to act for; the body may be left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"tenant_id": "acme"}))]
pub struct DeletePolicyBody {
    /// The tenant to act for. Needed with the daemon key only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "acme")]
    pub tenant_id: Option<TenantId>,
}

/// A policy is out of force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"status": "deleted"}))]
pub struct DeletedReply {
    /// Always `deleted`.
    pub status: String,
}
