#![doc = include_str!("../README.md")]

mod evidence_ports;
mod execution_row;
mod export_ports;
mod governed_ports;
mod policy_row;
mod ports;
mod read;
mod row;
mod snapshot;
mod store;
mod verify;
mod webhook_ports;
mod write;

pub use snapshot::{LogSnapshot, Snapshots};
pub use store::Store;
pub use verify::{AuditReport, TenantReport, verify_all};
