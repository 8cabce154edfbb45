//! How risky an execution is, by section 7 of the reference, with one difference: what we know from our own registries
//! counts, and what a caller says of itself can only make it worse.

mod factor;
mod finding;
mod inputs;
mod level;
mod score;

pub use factor::{Factors, WEIGHTS, Weights};
pub use finding::{Recommendation, RiskFinding};
pub use inputs::{
    AdapterFacts, AdapterRiskClass, CallerClaims, DataSensitivity, Provenance, RegistryFacts,
    SkillFacts, SkillState, Temperature, TemperatureError,
};
pub use level::RiskLevel;
pub use score::{RiskAssessment, assess, score_claims};

#[cfg(test)]
mod tests;
