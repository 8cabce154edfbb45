#![doc = include_str!("../README.md")]

mod m20261121_000001_ground;
mod m20261121_000002_decisions;
mod m20261121_000003_evidence;
mod m20261121_000004_webhooks;
mod m20261121_000005_reports;
mod m20261121_000006_tool_tokens;
mod m20261121_000007_redaction;
mod m20261121_000008_exports;
mod m20261121_000009_traces;
mod m20261121_000010_otlp;
mod m20261121_000012_retention;
mod m20261121_000014_evidence_places;
mod migration;
mod schema;
mod table;

pub use schema::{SchemaError, SchemaState, migrate, schema_state};

use crate::migration::Migration;

/// Every migration, in order. What has landed here is never changed or taken away.
const MIGRATIONS: &[Migration] = &[
    m20261121_000001_ground::MIGRATION,
    m20261121_000002_decisions::MIGRATION,
    m20261121_000003_evidence::MIGRATION,
    m20261121_000004_webhooks::MIGRATION,
    m20261121_000005_reports::MIGRATION,
    m20261121_000006_tool_tokens::MIGRATION,
    m20261121_000007_redaction::MIGRATION,
    m20261121_000008_exports::MIGRATION,
    m20261121_000009_traces::MIGRATION,
    m20261121_000010_otlp::MIGRATION,
    m20261121_000012_retention::MIGRATION,
    m20261121_000014_evidence_places::MIGRATION,
];
