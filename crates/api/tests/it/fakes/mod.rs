//! The ports of the outside world, as small as the routes need them.

mod evidence;
mod executions;
mod memory;
mod policies;
mod records;
mod runs;
mod world;

pub use evidence::Signed;
pub use executions::Ledger;
pub use memory::Memory;
pub use world::{Backend, Gate, Keys, Model, Plain, PublicAddresses, Ready, Rooms};
