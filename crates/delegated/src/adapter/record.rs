//! An adapter as it is known.

use clasper_core::{AdapterId, TenantId, Timestamp};
use clasper_governance::risk::AdapterRiskClass;
use serde::{Deserialize, Serialize};

/// Most capabilities, and most tools, of one adapter.
const MOST_CAPABILITIES: usize = 512;
/// The longest name of a capability, a tool or a version, in bytes.
const LONGEST_NAME: usize = 128;
/// Tools with this prefix are Clasper's own (reference section 28).
const RESERVED_PREFIX: &str = "__clasper_";
/// The canary: no policy names it and nothing executes it, so whoever asks for it must be refused.
pub const PROBE_TOOL: &str = "__clasper_probe__";

/// Whether a name is Clasper's own, in whatever form it is written.
pub(crate) fn is_reserved(name: &str) -> bool {
    let normal = |name| clasper_policy::normal_tool_name(name).into_owned();
    normal(name).starts_with(&normal(RESERVED_PREFIX))
}

/// How far an adapter was examined. Set by operators only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CertificationTier {
    /// Not at all.
    Experimental,
    /// By others who use it.
    Community,
    /// By us or by the tenant.
    Verified,
}

impl CertificationTier {
    /// The stored name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Experimental => "experimental",
            Self::Community => "community",
            Self::Verified => "verified",
        }
    }
}

/// What an adapter says of itself when it registers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registration {
    /// Its name for people.
    pub display_name: String,
    /// Its own version.
    pub version: String,
    /// The risk class it claims: it can raise what the registry says, never lower it.
    pub risk_class: AdapterRiskClass,
    /// What it can do.
    pub capabilities: Vec<String>,
    /// The tools it has.
    pub tool_capabilities: Vec<String>,
    /// Whether it wants to be asked at all. Once an operator disabled it, it cannot enable itself.
    pub enabled: bool,
}

/// Why a registration is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct RegistrationError {
    /// JSON pointer to the member at fault.
    pub pointer: &'static str,
    /// What to do about it.
    pub detail: String,
}

impl Registration {
    /// Checks sizes and names.
    ///
    /// # Errors
    /// [`RegistrationError`] with the member at fault.
    pub fn check(&self) -> Result<(), RegistrationError> {
        let refuse = |pointer, detail: &str| {
            Err(RegistrationError {
                pointer,
                detail: detail.to_owned(),
            })
        };
        if self.display_name.trim().is_empty() || self.display_name.len() > LONGEST_NAME {
            return refuse("/display_name", "must have between 1 and 128 bytes");
        }
        if self.version.trim().is_empty() || self.version.len() > LONGEST_NAME {
            return refuse("/version", "must have between 1 and 128 bytes");
        }
        let lists = [
            ("/capabilities", &self.capabilities),
            ("/tool_capabilities", &self.tool_capabilities),
        ];
        for (pointer, names) in lists {
            if names.len() > MOST_CAPABILITIES {
                return refuse(pointer, "must have at most 512 names");
            }
            if names
                .iter()
                .any(|name| name.trim().is_empty() || name.len() > LONGEST_NAME)
            {
                return refuse(pointer, "each name must have between 1 and 128 bytes");
            }
            if names.iter().any(|name| is_reserved(name)) {
                return refuse(pointer, "names that begin with __clasper_ are reserved");
            }
        }
        Ok(())
    }
}

/// An adapter as it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adapter {
    /// Whose.
    pub tenant: TenantId,
    /// Its id.
    pub id: AdapterId,
    /// Its name for people.
    pub display_name: String,
    /// Its own version.
    pub version: String,
    /// How dangerous it is. A new adapter is at least `high` until an operator has looked at it.
    pub risk_class: AdapterRiskClass,
    /// What it can do.
    pub capabilities: Vec<String>,
    /// The tools it has.
    pub tool_capabilities: Vec<String>,
    /// Whether it may ask at all.
    pub enabled: bool,
    /// How far it was examined.
    pub certification: CertificationTier,
    /// When it was first registered.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl Adapter {
    /// The record after `registration`: of a new adapter, or of a known one that registers again.
    #[must_use]
    pub fn registered(
        known: Option<&Self>,
        tenant: &TenantId,
        id: &AdapterId,
        registration: &Registration,
        now: Timestamp,
    ) -> Self {
        // Nobody's word counts for less risk: what an operator has not classified is taken for high.
        let class = known.map_or(
            registration.risk_class.max(AdapterRiskClass::High),
            |known| known.risk_class.max(registration.risk_class),
        );
        Self {
            tenant: tenant.clone(),
            id: id.clone(),
            display_name: registration.display_name.clone(),
            version: registration.version.clone(),
            risk_class: class,
            capabilities: sorted(&registration.capabilities),
            tool_capabilities: sorted(&registration.tool_capabilities),
            enabled: known.map_or(registration.enabled, |known| known.enabled),
            certification: known
                .map_or(CertificationTier::Experimental, |known| known.certification),
            created_at: known.map_or(now, |known| known.created_at),
            updated_at: now,
        }
    }

    /// Whether nothing but the times differ.
    #[must_use]
    pub fn says_the_same(&self, other: &Self) -> bool {
        let timeless = |adapter: &Self| Self {
            created_at: Timestamp::UNIX_EPOCH,
            updated_at: Timestamp::UNIX_EPOCH,
            ..adapter.clone()
        };
        timeless(self) == timeless(other)
    }
}

fn sorted(names: &[String]) -> Vec<String> {
    let mut names = names.to_vec();
    names.sort_unstable();
    names.dedup();
    names
}
