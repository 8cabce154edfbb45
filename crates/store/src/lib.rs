#![doc = include_str!("../README.md")]

mod evidence_ports;
mod execution_row;
mod governed_ports;
mod policy_row;
mod ports;
mod read;
mod row;
mod snapshot;
mod store;
mod tool_ports;
mod tool_row;
mod verify;
mod webhook_ports;
mod write;

pub use snapshot::LogSnapshot;
pub use store::Store;
pub use verify::{AuditReport, TenantReport, verify_all};
