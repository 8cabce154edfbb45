//! The policy engine from outside.

mod arbitrary;
mod cedar_policies;
mod differential;
mod faults;
mod packs;
mod properties;
mod reading;
mod semantics;
mod world;
