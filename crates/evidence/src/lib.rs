#![doc = include_str!("../README.md")]

mod chain;
mod store;

pub use chain::{ChainFault, ChainVerifier};
pub use store::{AuditFilter, AuditStore};
