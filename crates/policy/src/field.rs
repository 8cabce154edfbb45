//! Every value a condition may look at: its name in YAML, its attribute in Cedar, its kind. The Cedar schema is made from this table.

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldKind {
    /// One text.
    Text,
    /// A tool's name, compared in normal form.
    Tool,
    /// True or false.
    Bool,
    /// A whole number.
    Long,
    /// Several texts.
    List,
}

macro_rules! fields {
    ($($variant:ident, $name:literal, $attribute:literal, $kind:ident;)*) => {
        /// A value that conditions may look at.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        #[expect(missing_docs, reason = "each variant is the field of the name given in the table")]
        pub enum Field { $($variant,)* }

        impl Field {
            /// Every field.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Its name in the conditions of rules.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// Its attribute of `context` in Cedar policies.
            #[must_use]
            pub const fn attribute(self) -> &'static str {
                match self { $(Self::$variant => $attribute,)* }
            }

            /// What it holds.
            #[must_use]
            pub const fn kind(self) -> FieldKind {
                match self { $(Self::$variant => FieldKind::$kind,)* }
            }
        }
    };
}

fields! {
    ActionKind, "action_kind", "action_kind", Text;
    TenantId, "tenant_id", "tenant_id", Text;
    WorkspaceId, "workspace_id", "workspace_id", Text;
    Environment, "environment", "environment", Text;
    AdapterId, "adapter_id", "adapter_id", Text;
    AdapterRiskClass, "adapter_risk_class", "adapter_risk_class", Text;
    AgentId, "agent_id", "agent_id", Text;
    AgentRole, "agent_role", "agent_role", Text;
    Model, "model", "model", Text;
    Skill, "skill", "skill", Text;
    SkillState, "skill_state", "skill_state", Text;
    Tool, "tool", "tool", Tool;
    ToolGroup, "tool_group", "tool_group", Text;
    Capability, "capability", "requested_capabilities", List;
    RiskLevel, "risk_level", "risk_level", Text;
    RiskScore, "risk_score", "risk_score", Long;
    EstimatedCost, "estimated_cost", "estimated_cost_nano_usd", Long;
    MaxDurationSecs, "max_duration_secs", "max_duration_secs", Long;
    Intent, "intent", "intent", Text;
    IntentHash, "intent_hash", "intent_hash", Text;
    IntentSource, "intent_source", "intent_source", Text;
    Action, "action", "action", Tool;
    Resource, "resource", "resource_name", Text;
    Actor, "actor", "actor", Text;
    Permissions, "permissions", "permissions", List;
    Roles, "roles", "roles", List;
    TwoLayerPermission, "two_layer_permission", "two_layer_permission", Bool;
    OverrideReason, "override_reason", "override_reason", Text;
    ExternalNetwork, "context.external_network", "external_network", Bool;
    WritesFiles, "context.writes_files", "writes_files", Bool;
    ElevatedPrivileges, "context.elevated_privileges", "elevated_privileges", Bool;
    PackageManager, "context.package_manager", "package_manager", Text;
    TargetPaths, "context.targets.paths", "target_paths", List;
    TargetHosts, "context.targets.hosts", "target_hosts", List;
    TargetList, "context.targets.list", "target_list", List;
    ExecArgv0, "context.exec.argv0", "exec_argv0", Text;
    ExecArgv, "context.exec.argv", "exec_argv", List;
    ExecCwd, "context.exec.cwd", "exec_cwd", Text;
    WritesPossible, "context.side_effects.writes_possible", "writes_possible", Bool;
    NetworkPossible, "context.side_effects.network_possible", "network_possible", Bool;
    Channel, "context.channel", "channel", Text;
    Recipient, "context.recipient", "recipient", Text;
    Url, "context.url", "url", Text;
    Query, "context.query", "query", Text;
    ProvenanceSource, "provenance.source", "provenance_source", Text;
    ProvenancePublisher, "provenance.publisher", "provenance_publisher", Text;
    ProvenanceArtifactHash, "provenance.artifact_hash", "provenance_artifact_hash", Text;
    AccessSubjectType, "access.subject_type", "access_subject_type", Text;
    AccessSubjectProperties, "access.subject_properties", "access_subject_properties", List;
    AccessActionProperties, "access.action_properties", "access_action_properties", List;
    AccessResourceType, "access.resource_type", "access_resource_type", Text;
    AccessResourceProperties, "access.resource_properties", "access_resource_properties", List;
    AccessContext, "access.context", "access_context", List;
}

impl Field {
    /// The field of this name, for conditions of rules.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|field| field.name() == name)
    }

    /// The field of this Cedar attribute.
    pub(crate) fn by_attribute(attribute: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|field| field.attribute() == attribute)
    }

    /// Its bit in a set of fields.
    pub(crate) const fn bit(self) -> u64 {
        1 << self as u64
    }

    /// Whether it holds properties that another system named.
    pub(crate) const fn holds_properties(self) -> bool {
        matches!(
            self,
            Self::AccessSubjectProperties
                | Self::AccessActionProperties
                | Self::AccessResourceProperties
                | Self::AccessContext
        )
    }

    /// Whether operators on paths make sense for it.
    pub(crate) const fn holds_paths(self) -> bool {
        matches!(
            self,
            Self::TargetPaths | Self::TargetList | Self::ExecCwd | Self::ExecArgv | Self::Resource
        )
    }
}

/// The bit of the attribute `predicates` in a set of fields.
pub(crate) const PREDICATES_BIT: u64 = 1 << 63;
