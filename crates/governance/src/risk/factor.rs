//! The six factors, each 0 to 100, and their weights.

use serde::{Deserialize, Serialize};

use crate::risk::inputs::{AdapterRiskClass, DataSensitivity, SkillState, Temperature};

/// Words in a tool's name that mark it as dangerous, in any case (reference section 7).
const HIGH_RISK_WORDS: [&str; 7] = [
    "execute_code",
    "run_command",
    "delete_file",
    "send_email",
    "make_purchase",
    "modify_database",
    "admin_action",
];

/// The weights, in hundredths (reference section 7).
pub const WEIGHTS: Weights = Weights {
    tool_breadth: 20,
    skill_maturity: 20,
    model_volatility: 15,
    data_sensitivity: 20,
    custom_factors: 10,
    adapter_risk: 15,
};

/// The factors of a score, each 0 to 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Factors {
    /// How much the tools can do.
    pub tool_breadth: u8,
    /// How unripe the skill is.
    pub skill_maturity: u8,
    /// How unpredictable the model is.
    pub model_volatility: u8,
    /// How sensitive the data is.
    pub data_sensitivity: u8,
    /// Flags.
    pub custom_factors: u8,
    /// How risky the adapter and its surroundings are.
    pub adapter_risk: u8,
}

/// Weights of the factors, in hundredths; they sum to 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Weights {
    /// Of [`Factors::tool_breadth`].
    pub tool_breadth: u8,
    /// Of [`Factors::skill_maturity`].
    pub skill_maturity: u8,
    /// Of [`Factors::model_volatility`].
    pub model_volatility: u8,
    /// Of [`Factors::data_sensitivity`].
    pub data_sensitivity: u8,
    /// Of [`Factors::custom_factors`].
    pub custom_factors: u8,
    /// Of [`Factors::adapter_risk`].
    pub adapter_risk: u8,
}

impl Factors {
    /// The score: the sum of factor times weight, divided by a hundred, halves rounded up, at most 100. Whole numbers
    /// throughout, so that every machine and every later replay comes to the same score.
    #[must_use]
    pub fn score(&self, weights: &Weights) -> u8 {
        let parts = [
            (self.tool_breadth, weights.tool_breadth),
            (self.skill_maturity, weights.skill_maturity),
            (self.model_volatility, weights.model_volatility),
            (self.data_sensitivity, weights.data_sensitivity),
            (self.custom_factors, weights.custom_factors),
            (self.adapter_risk, weights.adapter_risk),
        ];
        let sum: u32 = parts
            .iter()
            .map(|(factor, weight)| u32::from(*factor) * u32::from(*weight))
            .sum();
        capped((sum + 50) / 100)
    }
}

/// The names among `names` that hold a high-risk word.
pub(super) fn high_risk(names: &[String]) -> Vec<String> {
    let is_high = |name: &&String| {
        let name = name.to_lowercase();
        HIGH_RISK_WORDS.iter().any(|word| name.contains(word))
    };
    names.iter().filter(is_high).cloned().collect()
}

/// `min(100, 15 × count) + 20 × high-risk names`, at most 100.
pub(super) fn tool_breadth(count: u32, high_risk: usize) -> u8 {
    let named = u32::try_from(high_risk).unwrap_or(u32::MAX);
    capped(
        count
            .saturating_mul(15)
            .min(100)
            .saturating_add(named.saturating_mul(20)),
    )
}

/// A state's part of the factor, before what is taken off; 50 when there is no state.
pub(super) const fn state_risk(state: Option<SkillState>) -> u8 {
    match state {
        Some(SkillState::Active) => 0,
        Some(SkillState::Approved) => 10,
        Some(SkillState::Tested) => 30,
        Some(SkillState::Draft) => 60,
        Some(SkillState::Deprecated) => 80,
        None => 50,
    }
}

/// The state's part, less 20 when tested and 10 when pinned.
pub(super) fn skill_maturity(state_risk: u8, tested: bool, pinned: bool) -> u8 {
    state_risk
        .saturating_sub(if tested { 20 } else { 0 })
        .saturating_sub(if pinned { 10 } else { 0 })
}

/// The temperature's share of 2, in per cent, halves rounded up.
pub(super) fn model_volatility(temperature: Temperature) -> u8 {
    capped((u32::from(temperature.thousandths()) + 10) / 20)
}

pub(super) const fn data_sensitivity(sensitivity: DataSensitivity) -> u8 {
    match sensitivity {
        DataSensitivity::None => 0,
        DataSensitivity::Low => 20,
        DataSensitivity::Medium => 40,
        DataSensitivity::High => 70,
        DataSensitivity::Pii => 100,
    }
}

/// 20 for each flag, at most 100.
pub(super) fn custom_factors(flags: usize) -> u8 {
    capped(u32::try_from(flags).unwrap_or(u32::MAX).saturating_mul(20))
}

/// The class, capabilities (5 each, at most 30) and surroundings, at most 100. Without a class there is no adapter and
/// no such risk.
pub(super) fn adapter_risk(
    class: Option<AdapterRiskClass>,
    capabilities: u32,
    surroundings: Surroundings,
) -> u8 {
    let Some(class) = class else {
        return 0;
    };
    let class = match class {
        AdapterRiskClass::Low => 10,
        AdapterRiskClass::Medium => 40,
        AdapterRiskClass::High => 70,
        AdapterRiskClass::Critical => 90,
    };
    let part = |present: bool, points: u32| if present { points } else { 0 };
    let context = part(surroundings.external_network, 30)
        + part(surroundings.elevated_privileges, 40)
        + part(surroundings.marketplace, 20);
    capped(class + capabilities.saturating_mul(5).min(30) + context.min(100))
}

/// What surrounds an execution.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Surroundings {
    pub(super) external_network: bool,
    pub(super) elevated_privileges: bool,
    pub(super) marketplace: bool,
}

fn capped(points: u32) -> u8 {
    u8::try_from(points.min(100)).unwrap_or(100)
}
