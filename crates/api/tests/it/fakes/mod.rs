//! The ports of the outside world, as small as the routes need them.

mod memory;
mod records;
mod runs;
mod world;

pub use memory::Memory;
pub use world::{Backend, Gate, Model, Plain, Ready, TwoKeys};
