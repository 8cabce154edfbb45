//! The ports of the outside world, as small as the routes need them.

mod adapter_keys;
mod evidence;
mod executions;
mod memory;
mod policies;
mod records;
mod runs;
mod tools;
mod webhooks;
mod world;

pub use adapter_keys::KeyRing;
pub use evidence::Signed;
pub use executions::Ledger;
pub use memory::Memory;
pub use webhooks::{Endpoints, Signer};
pub use world::{Backend, Gate, Keys, Model, Plain, PublicAddresses, Ready, Rooms};
