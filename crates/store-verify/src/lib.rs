#![doc = include_str!("../README.md")]

mod account;
mod beside;
mod checkpoint;
mod detail;
mod key;
mod ledger;
mod note;
mod pairing;
mod retention;
mod scope;
mod trace;
mod verify;

pub use verify::{AuditReport, TenantReport, verify_all};
