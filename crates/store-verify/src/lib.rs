#![doc = include_str!("../README.md")]

mod account;
mod checkpoint;
mod detail;
mod ledger;
mod note;
mod pairing;
mod retention;
mod scope;
mod trace;
mod verify;

pub use verify::{AuditReport, TenantReport, verify_all};
