//! From facts and claims to a score with everything that explains it.

use serde::{Deserialize, Serialize};

use crate::risk::factor::{self, Factors, Surroundings, WEIGHTS, Weights};
use crate::risk::finding::{Recommendation, RiskFinding};
use crate::risk::inputs::{
    AdapterFacts, AdapterRiskClass, CallerClaims, DataSensitivity, Provenance, RegistryFacts,
    SkillFacts, SkillState, Temperature,
};
use crate::risk::level::RiskLevel;

/// A score with everything that explains it. It is recorded in the decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RiskAssessment {
    /// 0 to 100.
    pub score: u8,
    /// The score in words.
    pub level: RiskLevel,
    /// What it is made of.
    pub factors: Factors,
    /// The weights in force when it was computed.
    pub weights: Weights,
    /// Reasons worth naming.
    pub risk_factors: Vec<RiskFinding>,
    /// What would lower it.
    pub recommendations: Vec<Recommendation>,
}

/// What counts, after facts and claims have been put together.
struct Inputs {
    tool_count: u32,
    tool_names: Vec<String>,
    /// Risk of the skill's state, before what is taken off.
    state_risk: u8,
    states: Vec<SkillState>,
    unregistered: bool,
    tested: bool,
    pinned: bool,
    temperature: Temperature,
    sensitivity: DataSensitivity,
    flags: Vec<String>,
    class: Option<AdapterRiskClass>,
    capabilities: u32,
    surroundings: Surroundings,
}

/// The risk of an execution: what the registries say, made worse where the caller says worse.
#[must_use]
pub fn assess(facts: &RegistryFacts, claims: &CallerClaims) -> RiskAssessment {
    let (known_state, unregistered, tested, pinned) = match facts.skill {
        SkillFacts::NoSkill => (None, false, false, false),
        SkillFacts::Unregistered => (None, true, false, false),
        SkillFacts::Registered {
            state,
            tested,
            pinned,
        } => (Some(state), false, tested, pinned),
    };
    let known_risk = if unregistered {
        factor::state_risk(Some(SkillState::Deprecated))
    } else {
        factor::state_risk(known_state)
    };
    let claimed_risk = claims
        .skill_state
        .map_or(0, |state| factor::state_risk(Some(state)));
    let (known_class, known_capabilities) = match facts.adapter {
        AdapterFacts::NoAdapter => (None, 0),
        AdapterFacts::Unclassified { capabilities } => {
            (Some(AdapterRiskClass::Critical), capabilities)
        }
        AdapterFacts::Registered {
            class,
            capabilities,
        } => (Some(class), capabilities),
    };
    let tool_names = joined(&facts.tool_names, &claims.tool_names);
    let known = facts.temperature.unwrap_or(Temperature::DEFAULT);
    evaluate(&Inputs {
        tool_count: claims.tool_count.max(count(&tool_names)),
        tool_names,
        state_risk: known_risk.max(claimed_risk),
        states: known_state.into_iter().chain(claims.skill_state).collect(),
        unregistered,
        tested: tested && claims.skill_tested != Some(false),
        pinned: pinned && claims.skill_pinned != Some(false),
        temperature: claims
            .temperature
            .map_or(known, |claimed| claimed.max(known)),
        sensitivity: facts
            .data_sensitivity
            .max(claims.data_sensitivity.unwrap_or_default()),
        flags: joined(&facts.flags, &claims.custom_flags),
        class: known_class.max(claims.adapter_risk_class),
        capabilities: known_capabilities.max(claims.requested_capabilities),
        surroundings: surroundings(claims),
    })
}

/// The answer of `/risk/score`: the reference's formula over what the caller says, taken at its word. It knows no adapter,
/// so [`Factors::adapter_risk`] is 0. It informs; nothing is decided by it.
#[must_use]
pub fn score_claims(claims: &CallerClaims) -> RiskAssessment {
    evaluate(&Inputs {
        tool_count: claims.tool_count,
        tool_names: claims.tool_names.clone(),
        state_risk: factor::state_risk(claims.skill_state),
        states: claims.skill_state.into_iter().collect(),
        unregistered: false,
        tested: claims.skill_tested == Some(true),
        pinned: claims.skill_pinned == Some(true),
        temperature: claims.temperature.unwrap_or(Temperature::DEFAULT),
        sensitivity: claims.data_sensitivity.unwrap_or_default(),
        flags: claims.custom_flags.clone(),
        class: None,
        capabilities: 0,
        surroundings: Surroundings::default(),
    })
}

fn surroundings(claims: &CallerClaims) -> Surroundings {
    Surroundings {
        external_network: claims.external_network,
        elevated_privileges: claims.elevated_privileges,
        marketplace: claims.provenance == Some(Provenance::Marketplace),
    }
}

/// Ours, and theirs that we do not have.
fn joined(ours: &[String], theirs: &[String]) -> Vec<String> {
    let new = theirs.iter().filter(|name| !ours.contains(name));
    ours.iter().chain(new).cloned().collect()
}

fn count(names: &[String]) -> u32 {
    u32::try_from(names.len()).unwrap_or(u32::MAX)
}

fn evaluate(inputs: &Inputs) -> RiskAssessment {
    let high_risk = factor::high_risk(&inputs.tool_names);
    let factors = Factors {
        tool_breadth: factor::tool_breadth(inputs.tool_count, high_risk.len()),
        skill_maturity: factor::skill_maturity(inputs.state_risk, inputs.tested, inputs.pinned),
        model_volatility: factor::model_volatility(inputs.temperature),
        data_sensitivity: factor::data_sensitivity(inputs.sensitivity),
        custom_factors: factor::custom_factors(inputs.flags.len()),
        adapter_risk: factor::adapter_risk(inputs.class, inputs.capabilities, inputs.surroundings),
    };
    let score = factors.score(&WEIGHTS);
    RiskAssessment {
        score,
        level: RiskLevel::of(score),
        factors,
        weights: WEIGHTS,
        risk_factors: findings(inputs, factors, high_risk),
        recommendations: recommendations(inputs, factors),
    }
}

fn findings(inputs: &Inputs, factors: Factors, high_risk: Vec<String>) -> Vec<RiskFinding> {
    let when = |holds: bool, finding: RiskFinding| holds.then_some(finding);
    let named = |name| RiskFinding::HighRiskTool { name };
    let is_state = |state| inputs.states.contains(&state);
    // Surroundings count only where there is an adapter, and what does not count is not listed.
    let around = |holds: bool, finding| when(holds && inputs.class.is_some(), finding);
    let flags = inputs.flags.iter().cloned();
    when(factors.tool_breadth > 50, RiskFinding::BroadTools)
        .into_iter()
        .chain(high_risk.into_iter().map(named))
        .chain(when(is_state(SkillState::Draft), RiskFinding::DraftSkill))
        .chain(when(
            is_state(SkillState::Deprecated),
            RiskFinding::DeprecatedSkill,
        ))
        .chain(when(inputs.unregistered, RiskFinding::UnregisteredSkill))
        .chain(when(
            inputs.temperature.thousandths() > 1_000,
            RiskFinding::HighTemperature,
        ))
        .chain(when(
            inputs.sensitivity == DataSensitivity::Pii,
            RiskFinding::PersonalData,
        ))
        .chain(when(
            inputs.sensitivity == DataSensitivity::High,
            RiskFinding::SensitiveData,
        ))
        .chain(flags.map(|name| RiskFinding::Flag { name }))
        .chain(
            inputs
                .class
                .map(|class| RiskFinding::AdapterClass { class }),
        )
        .chain(around(
            inputs.surroundings.external_network,
            RiskFinding::ExternalNetwork,
        ))
        .chain(around(
            inputs.surroundings.elevated_privileges,
            RiskFinding::ElevatedPrivileges,
        ))
        .chain(around(
            inputs.surroundings.marketplace,
            RiskFinding::Marketplace,
        ))
        .collect()
}

fn recommendations(inputs: &Inputs, factors: Factors) -> Vec<Recommendation> {
    let is_active = inputs.states == [SkillState::Active] && !inputs.unregistered;
    [
        (
            factors.skill_maturity > 30 && !is_active,
            Recommendation::PromoteSkill,
        ),
        (!inputs.pinned, Recommendation::PinSkill),
        (
            factors.model_volatility > 50,
            Recommendation::LowerTemperature,
        ),
        (factors.tool_breadth > 50, Recommendation::ReduceTools),
        (
            inputs.sensitivity >= DataSensitivity::High,
            Recommendation::RedactData,
        ),
        (
            inputs.class >= Some(AdapterRiskClass::High),
            Recommendation::ReviewAdapter,
        ),
    ]
    .into_iter()
    .filter_map(|(holds, recommendation)| holds.then_some(recommendation))
    .collect()
}
