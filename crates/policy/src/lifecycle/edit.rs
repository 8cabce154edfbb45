//! Policies that are saved one by one, in a bundle of their own.

use serde_json::Value;

use crate::bundle::{BundleScope, BundleSource, PolicySource};
use crate::lifecycle::error::Error;
use crate::lifecycle::store::{Slot, TenantPolicies};

/// The bundle that policies saved one by one belong to.
const DEFAULT_BUNDLE: &str = "default";

/// A change of one policy in the bundle of policies that are saved one by one.
#[derive(Debug, Clone)]
pub enum PolicyEdit {
    /// Adds it, or puts it in the place of the one of its id.
    Put(PolicySource),
    /// Switches a rule on or off.
    Enable {
        /// The policy.
        policy_id: String,
        /// Whether it counts.
        enabled: bool,
    },
    /// Takes it out of force; what was saved stays.
    Remove {
        /// The policy.
        policy_id: String,
    },
}

impl PolicyEdit {
    /// What is done, and to which policy: as the audit entry says it.
    pub(super) fn name(&self) -> (&'static str, &str) {
        match self {
            Self::Put(policy) => ("put", policy.policy_id()),
            Self::Enable { policy_id, enabled } => (
                if *enabled { "enable" } else { "disable" },
                policy_id.as_str(),
            ),
            Self::Remove { policy_id } => ("remove", policy_id.as_str()),
        }
    }
}

/// The bundle of policies that are saved one by one, after `edit`.
pub(super) fn edited(policies: &TenantPolicies, edit: &PolicyEdit) -> Result<BundleSource, Error> {
    let slot = Slot::of(&BundleScope::default(), DEFAULT_BUNDLE);
    let current = policies.bundles.iter().find(|active| {
        let source = &active.bundle.source;
        Slot::of(&source.scope, &source.name) == slot
    });
    let mut source = current.map_or_else(
        || BundleSource {
            name: DEFAULT_BUNDLE.to_owned(),
            ..BundleSource::default()
        },
        |active| active.bundle.source.clone(),
    );
    let place = |id: &str| {
        source
            .members
            .iter()
            .position(|policy| policy.policy_id() == id)
    };
    match edit {
        PolicyEdit::Put(policy) => match place(policy.policy_id()) {
            Some(at) => source.members[at] = policy.clone(),
            None => source.members.push(policy.clone()),
        },
        PolicyEdit::Enable { policy_id, enabled } => {
            let at = place(policy_id).ok_or(Error::NoSuchPolicy)?;
            if let PolicySource::Rule {
                rule: Value::Object(rule),
                ..
            } = &mut source.members[at]
            {
                rule.insert("enabled".to_owned(), Value::Bool(*enabled));
            } else {
                return Err(Error::NoSuchPolicy);
            }
        }
        PolicyEdit::Remove { policy_id } => {
            let at = place(policy_id).ok_or(Error::NoSuchPolicy)?;
            source.members.remove(at);
        }
    }
    Ok(source)
}
