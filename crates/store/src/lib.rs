#![doc = include_str!("../README.md")]

mod execution_row;
mod governed_ports;
mod policy_row;
mod ports;
mod read;
mod row;
mod store;
mod verify;
mod webhook_ports;
mod write;

pub use store::Store;
pub use verify::{AuditReport, TenantReport, verify_all};
