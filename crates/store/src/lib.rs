#![doc = include_str!("../README.md")]

mod ports;
mod read;
mod row;
mod schema;
mod store;
mod verify;
mod write;

pub use schema::{SchemaError, SchemaState, migrate, schema_state};
pub use store::Store;
pub use verify::{AuditReport, TenantReport, verify_all};
