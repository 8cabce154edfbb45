//! The ports of the outside world, as small as the routes need them.

mod adapter_keys;
mod evidence;
mod executions;
mod exports;
mod memory;
mod policies;
mod records;
mod redaction;
mod reports;
mod retention;
mod runs;
mod tools;
mod webhooks;
mod world;

pub use adapter_keys::KeyRing;
pub use evidence::Signed;
pub use executions::Ledger;
pub use exports::{Exported, NoArchives};
pub use memory::Memory;
pub use records::spans;
pub use redaction::Derived;
pub use reports::NoReports;
pub use webhooks::{Endpoints, Signer};
pub use world::{Backend, Gate, Keys, Model, Plain, PublicAddresses, Ready, Rooms};
