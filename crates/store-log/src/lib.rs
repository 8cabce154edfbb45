#![doc = include_str!("../README.md")]

mod events;
mod prune;

pub use events::ServerEvents;
pub use prune::OldCheckpoints;
