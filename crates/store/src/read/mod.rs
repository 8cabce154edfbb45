//! Reads: tenant-scoped queries on their own connections.

pub(crate) mod account;
pub(crate) mod adapter_key;
pub(crate) mod audit;
pub(crate) mod evidence;
pub(crate) mod execution;
pub(crate) mod export;
pub(crate) mod identity;
pub(crate) mod notice;
pub(crate) mod policy;
pub(crate) mod redaction;
pub(crate) mod report;
pub(crate) mod run;
pub(crate) mod tool;
pub(crate) mod trace;
pub(crate) mod trace_note;
pub(crate) mod trace_stats;
pub(crate) mod webhook;
