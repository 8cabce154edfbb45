#![doc = include_str!("../README.md")]

mod ports;
mod read;
mod row;
mod store;
mod verify;
mod write;

pub use store::Store;
pub use verify::{AuditReport, TenantReport, verify_all};
