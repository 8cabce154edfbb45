//! What is claimed on the wire, in the words that policies and risk look at.

use clasper_api_types::{
    DataSensitivityName, EditedClaimsBody, ExecutionContextBody, ProvenanceBody,
    ProvenanceSourceName, RiskClassName, SkillStateName, TargetKindsBody, TargetsBody,
};
use clasper_governance::risk;
use clasper_policy::{ExecutionContext, Program, Provenance, RequestClaims, SideEffects, Targets};

/// An operator's edit: it stands in the place of everything that was claimed.
pub(crate) fn edited_claims(body: EditedClaimsBody) -> RequestClaims {
    RequestClaims {
        model: body.model,
        tool: body.tool,
        tool_group: body.tool_group,
        skill: body.skill,
        agent_id: body.agent_id,
        agent_role: body.agent_role,
        requested_capabilities: body.requested_capabilities,
        intent: body.intent,
        intent_source: body.intent_source,
        action: body.action,
        resource: body.resource,
        actor: body.actor,
        max_duration_secs: body.max_duration_secs,
        context: context(body.context.unwrap_or_default()),
        provenance: provenance(body.provenance.unwrap_or_default()),
    }
}

pub(super) fn context(body: ExecutionContextBody) -> ExecutionContext {
    let exec = body.exec.unwrap_or_default();
    let side_effects = body.side_effects.unwrap_or_default();
    ExecutionContext {
        external_network: body.external_network,
        writes_files: body.writes_files,
        elevated_privileges: body.elevated_privileges,
        package_manager: body.package_manager,
        targets: body.targets.map(targets).unwrap_or_default(),
        exec: Program {
            argv0: exec.argv0,
            argv: exec.argv.unwrap_or_default(),
            cwd: exec.cwd,
        },
        side_effects: SideEffects {
            writes_possible: side_effects.writes_possible,
            network_possible: side_effects.network_possible,
        },
        channel: body.channel,
        channel_display: body.channel_display,
        recipient: body.recipient,
        url: body.url,
        query: body.query,
    }
}

fn targets(body: TargetsBody) -> Targets {
    let TargetKindsBody { paths, hosts, list } = match body {
        TargetsBody::List(list) => TargetKindsBody {
            list,
            ..TargetKindsBody::default()
        },
        TargetsBody::Kinds(kinds) => kinds,
    };
    Targets { paths, hosts, list }
}

pub(super) fn provenance(body: ProvenanceBody) -> Provenance {
    Provenance {
        source: body.source.map(|source| source_name(source).to_owned()),
        publisher: body.publisher,
        artifact_hash: body.artifact_hash,
    }
}

const fn source_name(source: ProvenanceSourceName) -> &'static str {
    match source {
        ProvenanceSourceName::Marketplace => "marketplace",
        ProvenanceSourceName::Internal => "internal",
        ProvenanceSourceName::Git => "git",
        ProvenanceSourceName::Unknown => "unknown",
    }
}

pub(super) const fn origin(source: ProvenanceSourceName) -> risk::Provenance {
    match source {
        ProvenanceSourceName::Marketplace => risk::Provenance::Marketplace,
        ProvenanceSourceName::Internal => risk::Provenance::Internal,
        ProvenanceSourceName::Git => risk::Provenance::Git,
        ProvenanceSourceName::Unknown => risk::Provenance::Unknown,
    }
}

pub(crate) const fn risk_class(name: RiskClassName) -> risk::AdapterRiskClass {
    match name {
        RiskClassName::Low => risk::AdapterRiskClass::Low,
        RiskClassName::Medium => risk::AdapterRiskClass::Medium,
        RiskClassName::High => risk::AdapterRiskClass::High,
        RiskClassName::Critical => risk::AdapterRiskClass::Critical,
    }
}

pub(crate) const fn skill_state(name: SkillStateName) -> risk::SkillState {
    match name {
        SkillStateName::Draft => risk::SkillState::Draft,
        SkillStateName::Tested => risk::SkillState::Tested,
        SkillStateName::Approved => risk::SkillState::Approved,
        SkillStateName::Active => risk::SkillState::Active,
        SkillStateName::Deprecated => risk::SkillState::Deprecated,
    }
}

pub(crate) const fn sensitivity(name: DataSensitivityName) -> risk::DataSensitivity {
    match name {
        DataSensitivityName::None => risk::DataSensitivity::None,
        DataSensitivityName::Low => risk::DataSensitivity::Low,
        DataSensitivityName::Medium => risk::DataSensitivity::Medium,
        DataSensitivityName::High => risk::DataSensitivity::High,
        DataSensitivityName::Pii => risk::DataSensitivity::Pii,
    }
}
