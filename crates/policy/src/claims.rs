//! What the caller says it wants to do.

use serde::{Deserialize, Serialize};

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
