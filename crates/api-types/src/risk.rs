//! Risk scores.

use clasper_core::TenantId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{DataSensitivityName, SkillStateName};

/// What to score, taken at its word.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "tool_count": 3, "tool_names": ["send_email"], "skill_state": "draft", "temperature": 1.2,
    "data_sensitivity": "pii", "custom_flags": ["external"]
}))]
pub struct RiskScoreBody {
    /// Accepted for older clients; the score is the same for every tenant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub tenant_id: Option<TenantId>,
    /// How many tools there are.
    pub tool_count: u32,
    /// Their names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_names: Option<Vec<String>>,
    /// The skill's state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skill_state: Option<SkillStateName>,
    /// The sampling temperature; 0.7 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 2)]
    pub temperature: Option<f64>,
    /// How sensitive the data is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_sensitivity: Option<DataSensitivityName>,
    /// Accepted for older clients; no model is riskier than another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Whether the skill's tests passed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skill_tested: Option<bool>,
    /// Whether the skill's version is pinned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skill_pinned: Option<bool>,
    /// Flags.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_flags: Option<Vec<String>>,
}

/// What a score is made of, each from 0 to 100.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RiskFactorsView {
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
}

/// A score and what explains it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "risk_score": 56, "risk_level": "high",
    "factors": {"tool_breadth": 65, "skill_maturity": 60, "model_volatility": 60, "data_sensitivity": 100, "custom_factors": 20},
    "risk_factors": ["personal data"], "recommendations": ["lower the temperature"]
}))]
pub struct RiskScoreReply {
    /// 0 to 100.
    #[schema(maximum = 100)]
    pub risk_score: u8,
    /// The score in words: low, medium, high or critical.
    pub risk_level: String,
    /// What it is made of.
    pub factors: RiskFactorsView,
    /// Reasons worth naming.
    pub risk_factors: Vec<String>,
    /// What would lower it.
    pub recommendations: Vec<String>,
}
