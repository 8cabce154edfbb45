//! The life of policies: saved once and never changed, grouped in bundles, activated and replaced as a whole.

mod detail;
mod edit;
mod error;
mod fixed;
mod in_force;
mod service;
mod store;

pub use edit::PolicyEdit;
pub use error::Error;
pub use fixed::FixedPolicies;
pub use in_force::InForce;
pub use service::{Policies, Preview, SaveBundle};
pub use store::{
    ActiveBundle, BundleDraft, BundleRecord, PolicyStore, PolicyWrite, Slot, TenantPolicies,
};
