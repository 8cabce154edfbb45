//! The wire types of the `AuthZEN` Authorization API 1.0. Unknown members are ignored, as it demands.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// Properties, or circumstances.
pub type Properties = Map<String, Value>;

/// A subject or a resource, as far as it is named.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AccessEntity {
    /// Its type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub r#type: Option<String>,
    /// Its id within the type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Its properties.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub properties: Option<Properties>,
}

/// An action, as far as it is named.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AccessAction {
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its properties.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub properties: Option<Properties>,
}

/// A question: whether the subject may do the action to the resource.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "subject": {"type": "user", "id": "alice"}, "action": {"name": "read"}, "resource": {"type": "record", "id": "record-1"}
}))]
pub struct AccessQuestion {
    /// Who.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<AccessEntity>,
    /// What.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<AccessAction>,
    /// To what.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<AccessEntity>,
    /// Circumstances.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub context: Option<Properties>,
}

/// When to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EvaluationsSemantic {
    /// Never.
    #[default]
    ExecuteAll,
    /// After the first `false`.
    DenyOnFirstDeny,
    /// After the first `true`.
    PermitOnFirstPermit,
}

/// Options of a batch.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AccessOptions {
    /// When to stop.
    #[serde(default)]
    pub evaluations_semantic: EvaluationsSemantic,
}

/// Several questions; the members beside `evaluations` are their defaults.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "subject": {"type": "user", "id": "alice"}, "action": {"name": "read"},
    "evaluations": [{"resource": {"type": "record", "id": "record-1"}}, {"resource": {"type": "record", "id": "record-2"}}]
}))]
pub struct AccessQuestions {
    /// Who, unless a question says otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<AccessEntity>,
    /// What, unless a question says otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<AccessAction>,
    /// To what, unless a question says otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<AccessEntity>,
    /// Circumstances, unless a question says otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub context: Option<Properties>,
    /// The questions, at most 100; without any, the defaults are the only one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 100)]
    pub evaluations: Option<Vec<AccessQuestion>>,
    /// Options.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub options: Option<AccessOptions>,
}

/// An answer.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"decision": true, "context": {"id": "look-around", "reason_admin": {"en": "allowed by look-around"}}}))]
pub struct AccessDecision {
    /// Whether it may be done. What needs an approval may not be done yet.
    pub decision: bool,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub context: Option<Properties>,
}

/// The answers to several questions, in their order; or to the only one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
#[schema(example = json!({"evaluations": [{"decision": true}, {"decision": false}]}))]
pub enum AccessDecisions {
    /// To several.
    Many(AccessDecisionList),
    /// To the only one.
    One(AccessDecision),
}

/// Answers, in the order of their questions.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AccessDecisionList {
    /// The answers.
    pub evaluations: Vec<AccessDecision>,
}

/// Where a page begins and how long it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AccessPageBody {
    /// `next_token` of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// How many results at most; 100 when absent, and never more than 1,000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1)]
    pub limit: Option<u32>,
}

/// A search: what is left out is what is looked for.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "subject": {"type": "user"}, "action": {"name": "read"}, "resource": {"type": "record", "id": "record-1"}, "page": {"limit": 10}
}))]
pub struct AccessSearchBody {
    /// Who; only the type counts when subjects are searched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<AccessEntity>,
    /// What; ignored when actions are searched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<AccessAction>,
    /// To what; only the type counts when resources are searched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<AccessEntity>,
    /// Circumstances.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub context: Option<Properties>,
    /// The page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<AccessPageBody>,
}

/// What was found: a subject or a resource (`type`, `id`), or an action (`name`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AccessFound {
    /// Its type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub r#type: Option<String>,
    /// Its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The action's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// Where the next page begins.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AccessPageView {
    /// Send it as `page.token` with the same search; empty on the last page.
    pub next_token: String,
    /// How many results are on this page.
    pub count: usize,
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"results": [{"type": "user", "id": "alice"}], "page": {"next_token": "", "count": 1}}))]
pub struct AccessSearchReply {
    /// The results, by id.
    pub results: Vec<AccessFound>,
    /// The page.
    pub page: AccessPageView,
}

/// Where the parts of the API are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "policy_decision_point": "https://pdp.example.com",
    "access_evaluation_endpoint": "https://pdp.example.com/access/v1/evaluation",
    "access_evaluations_endpoint": "https://pdp.example.com/access/v1/evaluations",
    "search_subject_endpoint": "https://pdp.example.com/access/v1/search/subject",
    "search_resource_endpoint": "https://pdp.example.com/access/v1/search/resource",
    "search_action_endpoint": "https://pdp.example.com/access/v1/search/action"
}))]
pub struct AccessMetadata {
    /// The server.
    pub policy_decision_point: String,
    /// One question.
    pub access_evaluation_endpoint: String,
    /// Several questions.
    pub access_evaluations_endpoint: String,
    /// Who may.
    pub search_subject_endpoint: String,
    /// On what.
    pub search_resource_endpoint: String,
    /// What they may do.
    pub search_action_endpoint: String,
}
