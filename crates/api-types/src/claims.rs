//! What a caller says of an execution: what it wants to do, in which circumstances, and where its code comes from.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// State of a skill.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SkillStateName {
    /// Being written.
    Draft,
    /// Its tests passed.
    Tested,
    /// Somebody approved it.
    Approved,
    /// In use.
    Active,
    /// To be replaced.
    Deprecated,
}

/// How sensitive the data is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DataSensitivityName {
    /// Public.
    None,
    /// Internal.
    Low,
    /// Confidential.
    Medium,
    /// Secret.
    High,
    /// About identifiable people.
    Pii,
}

/// Where code comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProvenanceSourceName {
    /// A public marketplace.
    Marketplace,
    /// Written in the house.
    Internal,
    /// A git repository.
    Git,
    /// Nobody knows.
    Unknown,
}

/// Where the code of a skill or tool comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProvenanceBody {
    /// Its kind.
    pub source: Option<ProvenanceSourceName>,
    /// Who published it.
    pub publisher: Option<String>,
    /// Hash of the artefact.
    pub artifact_hash: Option<String>,
}

/// Circumstances of an execution.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExecutionContextBody {
    /// Talks to hosts outside.
    pub external_network: Option<bool>,
    /// Writes files.
    pub writes_files: Option<bool>,
    /// Runs with more rights than usual.
    pub elevated_privileges: Option<bool>,
    /// The package manager it uses.
    pub package_manager: Option<String>,
    /// What it touches.
    pub targets: Option<TargetsBody>,
    /// The program it runs.
    pub exec: Option<ProgramBody>,
    /// What it may change.
    pub side_effects: Option<SideEffectsBody>,
    /// The channel a message goes to.
    pub channel: Option<String>,
    /// The name of that channel as people see it.
    pub channel_display: Option<String>,
    /// Who receives a message.
    pub recipient: Option<String>,
    /// The address fetched.
    pub url: Option<String>,
    /// The query sent.
    pub query: Option<String>,
}

/// What an execution touches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(
    untagged,
    expecting = "expected a list of texts, or an object of lists named paths, hosts and list"
)]
pub enum TargetsBody {
    /// Of no stated kind.
    List(Vec<String>),
    /// By kind.
    Kinds(TargetKindsBody),
}

/// What an execution touches, by kind.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TargetKindsBody {
    /// Paths of files.
    pub paths: Vec<String>,
    /// Names of hosts.
    pub hosts: Vec<String>,
    /// Of no stated kind.
    pub list: Vec<String>,
}

/// A program to run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProgramBody {
    /// The program.
    pub argv0: Option<String>,
    /// Its arguments.
    pub argv: Option<Vec<String>>,
    /// The directory it runs in.
    pub cwd: Option<String>,
}

/// What an execution may change.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SideEffectsBody {
    /// May write.
    pub writes_possible: Option<bool>,
    /// May use the network.
    pub network_possible: Option<bool>,
}

/// Everything that may be said of what is to be done, whole: an operator's edit stands in the place of what was asked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "requested_capabilities": ["exec"], "tool": "exec", "context": {"exec": {"argv0": "ls", "argv": ["ls", "-l"]}}
}))]
pub struct EditedClaimsBody {
    /// Capabilities asked for: none that were not asked for before.
    pub requested_capabilities: Vec<String>,
    /// The model to be called.
    pub model: Option<String>,
    /// The tool.
    pub tool: Option<String>,
    /// The group the tool belongs to.
    pub tool_group: Option<String>,
    /// The skill that runs.
    pub skill: Option<String>,
    /// The agent.
    pub agent_id: Option<String>,
    /// The agent's role.
    pub agent_role: Option<String>,
    /// What the call is for.
    pub intent: Option<String>,
    /// Where the intent comes from.
    pub intent_source: Option<String>,
    /// The action in the caller's words.
    pub action: Option<String>,
    /// The resource in the caller's words.
    pub resource: Option<String>,
    /// The actor in the caller's words.
    pub actor: Option<String>,
    /// Longest run time, in seconds.
    pub max_duration_secs: Option<u32>,
    /// Circumstances.
    pub context: Option<ExecutionContextBody>,
    /// Where the code comes from.
    pub provenance: Option<ProvenanceBody>,
}

/// Members of any kind that nothing is decided by.
pub(crate) type Loose = Map<String, Value>;
