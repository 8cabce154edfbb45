//! The registry of adapters: what is known of the executors that ask, and may not be claimed by them.

mod keys;
mod record;
mod registry;
mod store;

pub use keys::{AdapterKeyStore, AdapterKeys};
pub(crate) use record::is_reserved;
pub use record::{Adapter, CertificationTier, PROBE_TOOL, Registration, RegistrationError};
pub use registry::{AdapterChange, AdapterRegistry};
pub use store::{AdapterStore, AdapterWrite, KeyIssue};
