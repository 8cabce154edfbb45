//! What a score's reader should know: the reasons worth naming, and what would lower them.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::risk::inputs::AdapterRiskClass;

/// A reason for a score that is worth naming.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "finding", rename_all = "snake_case")]
#[non_exhaustive]
pub enum RiskFinding {
    /// The tools can do much.
    BroadTools,
    /// A tool has a high-risk name.
    HighRiskTool {
        /// Its name.
        name: String,
    },
    /// The skill is a draft.
    DraftSkill,
    /// The skill is deprecated.
    DeprecatedSkill,
    /// A skill is named that is not registered.
    UnregisteredSkill,
    /// The temperature is above 1.
    HighTemperature,
    /// Personal data.
    PersonalData,
    /// Highly sensitive data.
    SensitiveData,
    /// A flag.
    Flag {
        /// Its name.
        name: String,
    },
    /// The adapter's class.
    AdapterClass {
        /// The class that counted.
        class: AdapterRiskClass,
    },
    /// It reaches networks outside.
    ExternalNetwork,
    /// It runs with elevated privileges.
    ElevatedPrivileges,
    /// Its code comes from a marketplace.
    Marketplace,
}

impl fmt::Display for RiskFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BroadTools => f.write_str("the tools can do much"),
            Self::HighRiskTool { name } => write!(f, "high-risk tool: {name}"),
            Self::DraftSkill => f.write_str("the skill is a draft"),
            Self::DeprecatedSkill => f.write_str("the skill is deprecated"),
            Self::UnregisteredSkill => f.write_str("the skill is not registered"),
            Self::HighTemperature => f.write_str("the temperature is above 1"),
            Self::PersonalData => f.write_str("personal data"),
            Self::SensitiveData => f.write_str("highly sensitive data"),
            Self::Flag { name } => write!(f, "flag: {name}"),
            Self::AdapterClass { class } => {
                let class = match class {
                    AdapterRiskClass::Low => "low",
                    AdapterRiskClass::Medium => "medium",
                    AdapterRiskClass::High => "high",
                    AdapterRiskClass::Critical => "critical",
                };
                write!(f, "adapter risk class: {class}")
            }
            Self::ExternalNetwork => f.write_str("reaches networks outside"),
            Self::ElevatedPrivileges => f.write_str("runs with elevated privileges"),
            Self::Marketplace => f.write_str("code from a marketplace"),
        }
    }
}

/// What would lower a score.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Recommendation {
    /// Promote the skill.
    PromoteSkill,
    /// Pin the skill's version.
    PinSkill,
    /// Lower the temperature.
    LowerTemperature,
    /// Use fewer tools.
    ReduceTools,
    /// Redact the data.
    RedactData,
    /// Have the adapter reviewed.
    ReviewAdapter,
}

impl fmt::Display for Recommendation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::PromoteSkill => "test the skill and promote it to active",
            Self::PinSkill => "pin the skill's version",
            Self::LowerTemperature => "lower the temperature",
            Self::ReduceTools => "give the agent fewer tools",
            Self::RedactData => "redact the data before it is used",
            Self::ReviewAdapter => "have the adapter reviewed, or use one of a lower class",
        })
    }
}
