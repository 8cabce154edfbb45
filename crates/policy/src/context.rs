//! The one context that every entry point evaluates: what the caller claims, and what the server knows.

use std::collections::BTreeSet;

use clasper_core::{TenantId, Usd, WorkspaceId};
use serde::{Deserialize, Serialize};

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

/// What the caller says. Unknown members are refused.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RequestClaims {
    /// The model to be called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The tool.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
    /// The group the tool belongs to, such as `fs`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool_group: Option<String>,
    /// The skill that runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skill: Option<String>,
    /// The agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// The agent's role.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_role: Option<String>,
    /// Capabilities asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub requested_capabilities: Vec<String>,
    /// What the call is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub intent: Option<String>,
    /// Where the intent comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub intent_source: Option<String>,
    /// The action in the caller's words; conditions on `action` fall back to the tool.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// The resource in the caller's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// The actor in the caller's words; conditions on `actor` fall back to the agent's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// Longest run time asked for, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_duration_secs: Option<u32>,
    /// Circumstances of the execution.
    pub context: ExecutionContext,
    /// Where the code comes from.
    pub provenance: Provenance,
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

/// Circumstances of an execution.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ExecutionContext {
    /// Talks to hosts outside.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_network: Option<bool>,
    /// Writes files.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub writes_files: Option<bool>,
    /// Runs with more rights than usual.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub elevated_privileges: Option<bool>,
    /// The package manager it uses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub package_manager: Option<String>,
    /// What it touches.
    pub targets: Targets,
    /// The program it runs.
    pub exec: Program,
    /// What it may change.
    pub side_effects: SideEffects,
    /// The channel a message goes to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    /// The name of that channel as people see it; policies do not look at it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel_display: Option<String>,
    /// Who receives a message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recipient: Option<String>,
    /// The address fetched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The query sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
}

/// What an execution touches. A plain array is accepted and becomes `list`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(from = "TargetsForm")]
pub struct Targets {
    /// Paths of files.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub paths: Vec<String>,
    /// Names of hosts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hosts: Vec<String>,
    /// Targets of no stated kind.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub list: Vec<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum TargetsForm {
    List(Vec<String>),
    Kinds(TargetKinds),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TargetKinds {
    #[serde(default)]
    paths: Vec<String>,
    #[serde(default)]
    hosts: Vec<String>,
    #[serde(default)]
    list: Vec<String>,
}

impl From<TargetsForm> for Targets {
    fn from(form: TargetsForm) -> Self {
        match form {
            TargetsForm::List(list) => Self {
                list,
                ..Self::default()
            },
            TargetsForm::Kinds(TargetKinds { paths, hosts, list }) => Self { paths, hosts, list },
        }
    }
}

/// A program to run.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Program {
    /// The program.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub argv0: Option<String>,
    /// Its arguments.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub argv: Vec<String>,
    /// The directory it runs in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cwd: Option<String>,
}

impl Program {
    /// What runs: the program that is named, else the first of its arguments. Policies look at the program by this, so that
    /// none is passed by who leaves its name out.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        let first = || self.argv.first().map(String::as_str);
        self.argv0.as_deref().or_else(first)
    }
}

/// What an execution may change.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SideEffects {
    /// May write.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub writes_possible: Option<bool>,
    /// May use the network.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network_possible: Option<bool>,
}

/// Where the code of a skill or tool comes from.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Provenance {
    /// marketplace, internal, git or unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Who published it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub publisher: Option<String>,
    /// Hash of the artefact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub artifact_hash: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_or_server_side_member_of_a_request_is_refused() {
        for body in [
            r#"{"toool":"exec"}"#,
            r#"{"context":{"exec":{"argv1":"x"}}}"#,
            r#"{"context":{"targets":{"path":["/"]}}}"#,
            r#"{"values":{"workspace_root":"/"}}"#,
            r#"{"templateVars":{"workspace.root":"/"}}"#,
            r#"{"risk_level":"low"}"#,
        ] {
            assert!(
                serde_json::from_str::<RequestClaims>(body).is_err(),
                "{body}"
            );
        }
    }

    #[test]
    fn targets_may_be_a_plain_array_and_survive_a_round_trip() {
        let claims: RequestClaims =
            serde_json::from_str(r#"{"context":{"targets":["a"]}}"#).expect("accepted");
        assert_eq!(claims.context.targets.list, ["a"]);
        let text = serde_json::to_string(&claims).expect("JSON");
        let back: RequestClaims = serde_json::from_str(&text).expect("read back");
        assert_eq!(back, claims);
    }
}
