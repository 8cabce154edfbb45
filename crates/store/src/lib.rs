#![doc = include_str!("../README.md")]

mod evidence_ports;
mod execution_row;
mod export_ports;
mod governed_ports;
mod policy_row;
mod ports;
mod privacy_ports;
mod read;
mod report_ports;
mod row;
pub mod rows;
mod snapshot;
mod store;
mod tool_ports;
mod tool_row;
mod trace_ports;
mod webhook_ports;
mod write;

pub use snapshot::{LogSnapshot, Snapshots};
pub use store::Store;
pub use write::{Batch, Needs, WriteOp};
