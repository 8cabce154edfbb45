//! What an adapter wants to do.

use serde::{Deserialize, Serialize};

/// The program that is to run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Program {
    /// Its name, which is the first of its arguments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub argv0: Option<String>,
    /// All of its arguments, its name first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub argv: Vec<String>,
    /// The directory it runs in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cwd: Option<String>,
}

/// What is touched.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Targets {
    /// Paths of files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub paths: Vec<String>,
    /// Names of hosts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hosts: Vec<String>,
}

/// The circumstances that policies look at.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Context {
    /// Whether it reaches the network.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_network: Option<bool>,
    /// Whether it writes files.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub writes_files: Option<bool>,
    /// Whether it runs with more rights than its user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub elevated_privileges: Option<bool>,
    /// The program.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exec: Option<Program>,
    /// What is touched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub targets: Option<Targets>,
    /// An address that is fetched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// What an adapter wants to do, whole: an approval is for exactly this.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Ask {
    /// A name of the adapter's own for the execution. Without one each ask has a new one, which is what most callers want: an ask
    /// with a name that was used before is blocked.
    #[serde(skip)]
    pub execution_id: Option<String>,
    /// The tool.
    pub tool: String,
    /// Its group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool_group: Option<String>,
    /// What is used; the tool itself unless said otherwise.
    pub requested_capabilities: Vec<String>,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub intent: Option<String>,
    /// The agent that wants it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// The session the agent is in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_id: Option<String>,
    /// The environment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// Most steps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_steps: Option<u32>,
    /// Most money, in US dollars as a decimal text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_cost: Option<String>,
    /// The circumstances.
    pub context: Context,
}

impl Ask {
    /// An ask for one use of `tool`.
    #[must_use]
    pub fn new(tool: &str) -> Self {
        Self {
            execution_id: None,
            tool: tool.to_owned(),
            tool_group: None,
            requested_capabilities: vec![tool.to_owned()],
            intent: None,
            agent_id: None,
            session_id: None,
            environment: None,
            max_steps: None,
            max_cost: None,
            context: Context::default(),
        }
    }

    /// With the program and its arguments, the program first.
    #[must_use]
    pub fn program<S: Into<String>>(mut self, argv: impl IntoIterator<Item = S>) -> Self {
        let argv: Vec<String> = argv.into_iter().map(Into::into).collect();
        let program = self.context.exec.get_or_insert_default();
        program.argv0 = argv.first().cloned();
        program.argv = argv;
        self
    }

    /// With the directory that the program runs in.
    #[must_use]
    pub fn directory(mut self, cwd: &str) -> Self {
        self.context.exec.get_or_insert_default().cwd = Some(cwd.to_owned());
        self
    }

    /// With the files that are touched.
    #[must_use]
    pub fn paths<S: Into<String>>(mut self, paths: impl IntoIterator<Item = S>) -> Self {
        let targets = self.context.targets.get_or_insert_default();
        targets.paths = paths.into_iter().map(Into::into).collect();
        self
    }

    /// With the hosts that are reached.
    #[must_use]
    pub fn hosts<S: Into<String>>(mut self, hosts: impl IntoIterator<Item = S>) -> Self {
        let targets = self.context.targets.get_or_insert_default();
        targets.hosts = hosts.into_iter().map(Into::into).collect();
        self.context.external_network = Some(true);
        self
    }

    /// With what it is for.
    #[must_use]
    pub fn intent(mut self, intent: &str) -> Self {
        self.intent = Some(intent.to_owned());
        self
    }

    /// With other capabilities than the tool.
    #[must_use]
    pub fn capabilities<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        self.requested_capabilities = names.into_iter().map(Into::into).collect();
        self
    }

    /// With the most that it may cost, in US dollars as a decimal text such as `0.05`.
    #[must_use]
    pub fn max_cost(mut self, usd: &str) -> Self {
        self.max_cost = Some(usd.to_owned());
        self
    }

    /// Under a name of the caller's own.
    #[must_use]
    pub fn named(mut self, execution_id: &str) -> Self {
        self.execution_id = Some(execution_id.to_owned());
        self
    }
}
