#![doc = include_str!("../README.md")]

pub mod api_key;
pub mod audit_entry;
pub mod decision;
pub mod idempotency_key;
pub mod instance;
pub mod ledger_entry;
pub mod open_run;
pub mod outbox_message;
pub mod outcome;
pub mod tenant;
pub mod trace;
