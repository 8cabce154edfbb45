//! The one context that every entry point evaluates: what the caller claims, and what the server knows.

use std::collections::BTreeSet;

use clasper_core::{TenantId, Usd, WorkspaceId};
use serde::{Deserialize, Serialize};

use crate::claims::RequestClaims;

/// Everything a decision is made from. Recorded with the decision, so that it can be computed again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyContext {
    /// What the server knows. Never filled from a request's body.
    pub server: ServerFacts,
    /// What the caller says it wants to do.
    #[serde(default)]
    pub request: RequestClaims,
    /// What another system says of its own subject and resource, for [`ActionKind::Access`] only. Nothing executes on such
    /// a question, so nothing is recorded of it.
    #[serde(skip)]
    pub access: Access,
}

impl PolicyContext {
    /// A context in which nothing but the action, the tenant and the principal is known.
    #[must_use]
    pub fn new(action_kind: ActionKind, tenant: TenantId, principal: Principal) -> Self {
        Self {
            server: ServerFacts {
                action_kind,
                tenant,
                principal,
                workspace: None,
                environment: None,
                permissions: BTreeSet::new(),
                roles: BTreeSet::new(),
                adapter_id: None,
                adapter_risk_class: None,
                skill_state: None,
                risk_level: None,
                risk_score: None,
                estimated_cost: None,
                two_layer_permission: false,
                override_reason: None,
                intent_hash: None,
                values: TemplateValues::default(),
            },
            request: RequestClaims::default(),
            access: Access::default(),
        }
    }
}

/// What kind of effect is asked for: the Cedar action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActionKind {
    /// A call of a model.
    ModelCall,
    /// A call of a tool within a run.
    ToolCall,
    /// An adapter asks to execute.
    AdapterExecution,
    /// Work handed to an execution surface such as `OpenClaw`.
    DelegatedExecution,
    /// An operator changes something.
    OperatorAction,
    /// Another system asks whether its own subject may do something to its own resource.
    Access,
}

impl ActionKind {
    /// Every kind.
    pub const ALL: [Self; 6] = [
        Self::ModelCall,
        Self::ToolCall,
        Self::AdapterExecution,
        Self::DelegatedExecution,
        Self::OperatorAction,
        Self::Access,
    ];

    /// Its name in Cedar policies and on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ModelCall => "model_call",
            Self::ToolCall => "tool_call",
            Self::AdapterExecution => "adapter_execution",
            Self::DelegatedExecution => "delegated_execution",
            Self::OperatorAction => "operator_action",
            Self::Access => "access",
        }
    }
}

/// What kind of principal acts: the Cedar entity type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PrincipalKind {
    /// A user of the tenant's product.
    User,
    /// An agent acting for itself.
    Agent,
    /// An execution adapter.
    Adapter,
    /// An operator of the tenant.
    Operator,
    /// A subject of another system, of none of these types.
    Subject,
}

impl PrincipalKind {
    /// Every kind.
    pub const ALL: [Self; 5] = [
        Self::User,
        Self::Agent,
        Self::Adapter,
        Self::Operator,
        Self::Subject,
    ];

    /// Its Cedar entity type.
    #[must_use]
    pub const fn entity_type(self) -> &'static str {
        match self {
            Self::User => "User",
            Self::Agent => "Agent",
            Self::Adapter => "Adapter",
            Self::Operator => "Operator",
            Self::Subject => "Subject",
        }
    }
}

/// Who acts, as authentication established it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Principal {
    /// The kind.
    pub kind: PrincipalKind,
    /// The id within its kind.
    pub id: String,
}

/// What the server knows from the credential, the registries and its own computations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerFacts {
    /// What kind of effect is asked for.
    pub action_kind: ActionKind,
    /// The tenant of the credential.
    pub tenant: TenantId,
    /// Who acts.
    pub principal: Principal,
    /// The workspace of the credential or the route.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workspace: Option<WorkspaceId>,
    /// The environment, such as `prod`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// Permissions of the principal, such as `agent:run`.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub permissions: BTreeSet<String>,
    /// Roles of the principal.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub roles: BTreeSet<String>,
    /// The adapter, from its token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adapter_id: Option<String>,
    /// The adapter's risk class, from the registry (a claim may only have raised it).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adapter_risk_class: Option<String>,
    /// The skill's life-cycle state, from the registry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skill_state: Option<String>,
    /// The computed risk level: low, medium, high or critical.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub risk_level: Option<String>,
    /// The computed risk score, 0 to 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub risk_score: Option<u8>,
    /// The upper bound of what this may cost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estimated_cost: Option<Usd>,
    /// Whether both layers, the tenant's permission and the agent's tool list, permit the tool call.
    #[serde(default)]
    pub two_layer_permission: bool,
    /// The reason code of a live break-glass override that an authenticated operator bound to this very Intent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub override_reason: Option<String>,
    /// The digest of the whole intent, `sha256:…`: a rule that names it speaks of nothing else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intent_hash: Option<String>,
    /// Values for templates in conditions.
    #[serde(default)]
    pub values: TemplateValues,
}

/// Server-side values that conditions may name beside the tenant's and the workspace's id.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TemplateValues {
    /// `workspace.root`: the absolute directory the workspace's agents may work in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workspace_root: Option<String>,
}

/// What another system says of the subject, action and resource that it asks about. Properties are texts `name=value`, a
/// text as it is, anything else as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Access {
    /// The subject's type.
    pub subject_type: Option<String>,
    /// The subject's properties.
    pub subject_properties: Vec<String>,
    /// The action's properties.
    pub action_properties: Vec<String>,
    /// The resource's type.
    pub resource_type: Option<String>,
    /// The resource's properties.
    pub resource_properties: Vec<String>,
    /// Circumstances.
    pub context: Vec<String>,
    /// The resource as Cedar names it: `Resource::"type/id"`.
    pub resource_entity: String,
}
