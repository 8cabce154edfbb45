//! What a risk score is computed from: facts of our own registries, and claims of the caller.

use serde::{Deserialize, Deserializer, Serialize};

/// How far a skill has come (reference section 7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SkillState {
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

/// The class of an adapter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AdapterRiskClass {
    /// Reads harmless things.
    Low,
    /// Writes what can be undone.
    Medium,
    /// Writes what is hard to undo.
    High,
    /// Can do anything.
    Critical,
}

impl AdapterRiskClass {
    /// The stored name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// How sensitive the data is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum DataSensitivity {
    /// Public.
    #[default]
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

/// Where the code to execute comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Provenance {
    /// A public marketplace.
    Marketplace,
    /// Written in the house.
    Internal,
    /// A git repository.
    Git,
    /// Nobody knows.
    Unknown,
}

/// A sampling temperature between 0 and 2, in thousandths. A finer one is rounded up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Temperature(u16);

/// The temperature is not between 0 and 2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("temperature must be between 0 and 2")]
pub struct TemperatureError;

impl Temperature {
    /// What counts when nobody names one (reference section 7).
    pub const DEFAULT: Self = Self(700);

    /// A temperature between 0 and 2.
    ///
    /// # Errors
    /// [`TemperatureError`].
    pub fn new(degrees: f64) -> Result<Self, TemperatureError> {
        if !(0.0..=2.0).contains(&degrees) {
            return Err(TemperatureError);
        }
        // 1.1 is 1100.0000000000002 thousandths in binary: what is less than a millionth is not a finer temperature.
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 0 and 2,000"
        )]
        Ok(Self((degrees * 1_000.0 - 1e-6).ceil() as u16))
    }

    /// A temperature in thousandths.
    ///
    /// # Errors
    /// [`TemperatureError`] above 2,000.
    pub const fn from_thousandths(thousandths: u16) -> Result<Self, TemperatureError> {
        if thousandths > 2_000 {
            Err(TemperatureError)
        } else {
            Ok(Self(thousandths))
        }
    }

    /// In thousandths.
    #[must_use]
    pub const fn thousandths(self) -> u16 {
        self.0
    }
}

impl<'de> Deserialize<'de> for Temperature {
    /// Reads thousandths, as recorded.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_thousandths(u16::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// What the skill registry says of the skill that executes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum SkillFacts {
    /// No skill is named: the reference's 50.
    #[default]
    NoSkill,
    /// A skill is named that the registry does not have. It counts as the worst state there is (80): otherwise naming
    /// a skill that does not exist would look better than naming a draft.
    Unregistered,
    /// It is registered.
    Registered {
        /// Its state.
        state: SkillState,
        /// Whether its tests passed.
        tested: bool,
        /// Whether the workspace pins its version.
        pinned: bool,
    },
}

/// What the adapter registry says of the adapter that executes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum AdapterFacts {
    /// Our own runtime executes: no adapter, no adapter risk.
    #[default]
    NoAdapter,
    /// An adapter without a class in the registry: it counts as critical.
    Unclassified {
        /// How many capabilities its token allows.
        capabilities: u32,
    },
    /// An adapter with its registered class.
    Registered {
        /// Its class.
        class: AdapterRiskClass,
        /// How many capabilities its token allows.
        capabilities: u32,
    },
}

/// What we know ourselves, whoever asks. Nothing of this is ever read from a request body.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegistryFacts {
    /// The skill registry's word.
    pub skill: SkillFacts,
    /// The adapter registry's word.
    pub adapter: AdapterFacts,
    /// Names of the tools that the execution can reach.
    pub tool_names: Vec<String>,
    /// The temperature that we will send to the model; absent when somebody else calls it.
    pub temperature: Option<Temperature>,
    /// What our own inspection of the data found.
    pub data_sensitivity: DataSensitivity,
    /// Flags raised by our own rules.
    pub flags: Vec<String>,
}

/// What the caller says of its own execution (reference sections 4.3 and 4.8). Each member can raise the score and none can
/// lower it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CallerClaims {
    /// How many tools it has.
    pub tool_count: u32,
    /// Their names.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tool_names: Vec<String>,
    /// State of the skill.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skill_state: Option<SkillState>,
    /// Whether the skill's tests passed. Saying so helps nobody; denying it counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skill_tested: Option<bool>,
    /// Whether the skill's version is pinned. Saying so helps nobody; denying it counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skill_pinned: Option<bool>,
    /// The temperature.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature: Option<Temperature>,
    /// The data's sensitivity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_sensitivity: Option<DataSensitivity>,
    /// Flags of its own.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub custom_flags: Vec<String>,
    /// The adapter's class.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub adapter_risk_class: Option<AdapterRiskClass>,
    /// How many capabilities it asks for.
    pub requested_capabilities: u32,
    /// It reaches networks outside.
    pub external_network: bool,
    /// It runs with elevated privileges.
    pub elevated_privileges: bool,
    /// Where its code comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provenance: Option<Provenance>,
}
