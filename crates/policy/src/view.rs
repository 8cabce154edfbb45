//! A context prepared for one evaluation: fallbacks applied, tool names and paths in normal form, each once.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::BTreeSet;

use serde_json::Value;

use crate::context::{ActionKind, PolicyContext};
use crate::field::Field;
use crate::path::normalise;
use crate::tool_name::normal_tool_name;

/// What a context holds in a field.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Actual<'a> {
    Absent,
    Text(&'a str),
    Bool(bool),
    Long(i64),
    List(&'a [String]),
    Set(&'a BTreeSet<String>),
}

impl<'a> Actual<'a> {
    fn list(list: &'a [String]) -> Self {
        if list.is_empty() {
            Self::Absent
        } else {
            Self::List(list)
        }
    }

    fn set(set: &'a BTreeSet<String>) -> Self {
        if set.is_empty() {
            Self::Absent
        } else {
            Self::Set(set)
        }
    }

    /// The texts it holds: one, several or none.
    pub(crate) fn texts(self) -> impl Iterator<Item = &'a str> {
        let (one, list, set) = match self {
            Self::Text(text) => (Some(text), None, None),
            Self::List(list) => (None, Some(list), None),
            Self::Set(set) => (None, None, Some(set)),
            Self::Absent | Self::Bool(_) | Self::Long(_) => (None, None, None),
        };
        one.into_iter()
            .chain(list.into_iter().flatten().map(String::as_str))
            .chain(set.into_iter().flatten().map(String::as_str))
    }

    pub(crate) fn to_json(self) -> Value {
        match self {
            Self::Absent => Value::Null,
            Self::Text(text) => Value::from(text),
            Self::Bool(value) => Value::from(value),
            Self::Long(value) => Value::from(value),
            Self::List(_) | Self::Set(_) => self.texts().map(Value::from).collect(),
        }
    }
}

/// Paths of a field in normal form; `None` for one that cannot be known.
pub(crate) type Paths = Vec<Option<String>>;

/// A context, prepared.
pub(crate) struct View<'a> {
    pub(crate) context: &'a PolicyContext,
    tool: Option<Cow<'a, str>>,
    action: Option<Cow<'a, str>>,
    target_paths: OnceCell<Paths>,
    target_list: OnceCell<Paths>,
    other_paths: [OnceCell<Paths>; 3],
}

impl<'a> View<'a> {
    pub(crate) fn new(context: &'a PolicyContext) -> Self {
        let request = &context.request;
        let tool = request.tool.as_deref().map(normal_tool_name);
        let action = match &request.action {
            Some(action) => Some(normal_tool_name(action)),
            None => tool.clone(),
        };
        Self {
            context,
            tool,
            action,
            target_paths: OnceCell::new(),
            target_list: OnceCell::new(),
            other_paths: [const { OnceCell::new() }; 3],
        }
    }

    /// The tool, in normal form.
    pub(crate) fn tool(&self) -> Option<&str> {
        self.tool.as_deref()
    }

    /// What the context holds in `field`. An empty text or list is not there.
    pub(crate) fn get(&self, field: Field) -> Actual<'_> {
        let (server, request) = (&self.context.server, &self.context.request);
        let (context, origin) = (&request.context, &request.provenance);
        let text = match field {
            Field::ActionKind => Some(server.action_kind.name()),
            Field::TenantId => Some(server.tenant.as_str()),
            Field::WorkspaceId => server
                .workspace
                .as_ref()
                .map(clasper_core::WorkspaceId::as_str),
            Field::Environment => server.environment.as_deref(),
            Field::AdapterId => server.adapter_id.as_deref(),
            Field::AdapterRiskClass => server.adapter_risk_class.as_deref(),
            Field::AgentId => request.agent_id.as_deref(),
            Field::AgentRole => request.agent_role.as_deref(),
            Field::Model => request.model.as_deref(),
            Field::Skill => request.skill.as_deref(),
            Field::SkillState => server.skill_state.as_deref(),
            Field::Tool => self.tool.as_deref(),
            Field::ToolGroup => request.tool_group.as_deref(),
            Field::RiskLevel => server.risk_level.as_deref(),
            Field::Intent => request.intent.as_deref(),
            Field::IntentHash => server.intent_hash.as_deref(),
            Field::IntentSource => request.intent_source.as_deref(),
            Field::Action => self.action.as_deref(),
            Field::Resource => request.resource.as_deref(),
            Field::Actor => request.actor.as_deref().or(request.agent_id.as_deref()),
            Field::OverrideReason => server.override_reason.as_deref(),
            Field::PackageManager => context.package_manager.as_deref(),
            Field::ExecArgv0 => context.exec.name(),
            Field::ExecCwd => context.exec.cwd.as_deref(),
            Field::Channel => context.channel.as_deref(),
            Field::Recipient => context.recipient.as_deref(),
            Field::Url => context.url.as_deref(),
            Field::Query => context.query.as_deref(),
            Field::ProvenanceSource => origin.source.as_deref(),
            Field::ProvenancePublisher => origin.publisher.as_deref(),
            Field::ProvenanceArtifactHash => origin.artifact_hash.as_deref(),
            Field::AccessSubjectType => self.context.access.subject_type.as_deref(),
            Field::AccessResourceType => self.context.access.resource_type.as_deref(),
            _ => return self.get_other(field),
        };
        match text {
            Some(text) if !text.is_empty() => Actual::Text(text),
            _ => Actual::Absent,
        }
    }

    fn get_other(&self, field: Field) -> Actual<'_> {
        let (server, request) = (&self.context.server, &self.context.request);
        let context = &request.context;
        let flag = |value: Option<bool>| value.map_or(Actual::Absent, Actual::Bool);
        let number = |value: Option<i64>| value.map_or(Actual::Absent, Actual::Long);
        match field {
            Field::Capability => Actual::list(&request.requested_capabilities),
            Field::Permissions => Actual::set(&server.permissions),
            Field::Roles => Actual::set(&server.roles),
            Field::TargetPaths => Actual::list(&context.targets.paths),
            Field::TargetHosts => Actual::list(&context.targets.hosts),
            Field::TargetList => Actual::list(&context.targets.list),
            Field::ExecArgv => Actual::list(&context.exec.argv),
            Field::AccessSubjectProperties => Actual::list(&self.context.access.subject_properties),
            Field::AccessActionProperties => Actual::list(&self.context.access.action_properties),
            Field::AccessResourceProperties => {
                Actual::list(&self.context.access.resource_properties)
            }
            Field::AccessContext => Actual::list(&self.context.access.context),
            Field::TwoLayerPermission => Actual::Bool(server.two_layer_permission),
            Field::ExternalNetwork => flag(context.external_network),
            Field::WritesFiles => flag(context.writes_files),
            Field::ElevatedPrivileges => flag(context.elevated_privileges),
            Field::WritesPossible => flag(context.side_effects.writes_possible),
            Field::NetworkPossible => flag(context.side_effects.network_possible),
            Field::RiskScore => number(server.risk_score.map(i64::from)),
            Field::EstimatedCost => number(server.estimated_cost.map(clasper_core::Usd::nanos)),
            Field::MaxDurationSecs => number(request.max_duration_secs.map(i64::from)),
            _ => Actual::Absent,
        }
    }

    /// The paths in `field`, resolved against the working directory or, without one, the workspace's root.
    pub(crate) fn paths(&self, field: Field) -> &[Option<String>] {
        let cell = match field {
            Field::TargetPaths => &self.target_paths,
            Field::TargetList => &self.target_list,
            Field::ExecCwd => &self.other_paths[0],
            Field::ExecArgv => &self.other_paths[1],
            _ => &self.other_paths[2],
        };
        cell.get_or_init(|| {
            let root = self.context.server.values.workspace_root.as_deref();
            let cwd = self.context.request.context.exec.cwd.as_deref();
            let base = match (field, cwd) {
                (Field::ExecCwd, _) | (_, None) => root,
                (_, Some(cwd)) => Some(cwd),
            };
            self.get(field)
                .texts()
                .map(|path| normalise(path, base))
                .collect()
        })
    }

    /// The id of the Cedar resource, beside its type, which the action fixes.
    pub(crate) fn resource(&self) -> (&'static str, &str) {
        let request = &self.context.request;
        match (self.context.server.action_kind, self.tool()) {
            (ActionKind::ModelCall, _) => ("Model", request.model.as_deref().unwrap_or("")),
            (ActionKind::Access, _) => ("Resource", &self.context.access.resource_entity),
            (ActionKind::OperatorAction, _) => {
                let workspace = self.context.server.workspace.as_ref();
                ("Workspace", workspace.map_or("", |id| id.as_str()))
            }
            (ActionKind::ToolCall, tool) => ("Tool", tool.unwrap_or("")),
            (_, Some(tool)) => ("Tool", tool),
            (_, None) => match request.requested_capabilities.as_slice() {
                [one] => ("AdapterCapability", one),
                _ => ("AdapterCapability", ""),
            },
        }
    }
}
