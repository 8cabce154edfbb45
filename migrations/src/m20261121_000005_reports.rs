//! What adapters report: marks of events, costs, violations, and the keys that verify them.

use sea_orm::sea_query::{ColumnDef, Table, TableCreateStatement};
use sea_orm::{DbBackend, Statement};

use crate::Migration;
use crate::table::{bytes, index, primary_key};

/// Creates the tables and indexes of reports.
pub(crate) const MIGRATION: Migration = Migration {
    name: "m20261121_000005_reports",
    statements,
};

fn statements(backend: DbBackend) -> Vec<Statement> {
    let tables = [
        reported_events(),
        reported_costs(),
        reported_violations(),
        telemetry_keys(),
    ];
    let indexes = [
        index(
            "idx_reported_violations_trace",
            "reported_violations",
            &["tenant_id", "trace_id"],
        ),
        index(
            "idx_telemetry_keys_adapter",
            "telemetry_keys",
            &["tenant_id", "adapter_id"],
        ),
    ];
    let tables = tables.iter().map(|table| backend.build(table));
    let indexes = indexes.iter().map(|index| backend.build(index));
    tables.chain(indexes).collect()
}

fn reported_events() -> TableCreateStatement {
    Table::create()
        .table("reported_events")
        .col(ColumnDef::new("tenant_id").string().not_null())
        .col(ColumnDef::new("adapter_id").string().not_null())
        .col(ColumnDef::new("event_key").string().not_null())
        .col(bytes("content_hash").not_null())
        .col(ColumnDef::new("audit_seq").big_integer().not_null())
        .primary_key(&mut primary_key(
            "pk-reported_events",
            &["tenant_id", "adapter_id", "event_key"],
        ))
        .take()
}

fn reported_costs() -> TableCreateStatement {
    Table::create()
        .table("reported_costs")
        .col(ColumnDef::new("tenant_id").string().not_null())
        .col(ColumnDef::new("adapter_id").string().not_null())
        .col(ColumnDef::new("execution_key").string().not_null())
        .col(ColumnDef::new("cost_nanos").big_integer().not_null())
        .col(ColumnDef::new("updated_at").big_integer().not_null())
        .primary_key(&mut primary_key(
            "pk-reported_costs",
            &["tenant_id", "adapter_id", "execution_key"],
        ))
        .take()
}

fn reported_violations() -> TableCreateStatement {
    Table::create()
        .table("reported_violations")
        .col(ColumnDef::new("tenant_id").string().not_null())
        .col(ColumnDef::new("audit_seq").big_integer().not_null())
        .col(ColumnDef::new("trace_id").uuid().not_null())
        .col(ColumnDef::new("adapter_id").string().not_null())
        .col(ColumnDef::new("kind").string().not_null())
        .col(ColumnDef::new("message").text().not_null())
        .col(ColumnDef::new("occurred_at").big_integer().not_null())
        .primary_key(&mut primary_key(
            "pk-reported_violations",
            &["tenant_id", "audit_seq"],
        ))
        .take()
}

fn telemetry_keys() -> TableCreateStatement {
    Table::create()
        .table("telemetry_keys")
        .col(ColumnDef::new("tenant_id").string().not_null())
        .col(ColumnDef::new("audit_seq").big_integer().not_null())
        .col(ColumnDef::new("adapter_id").string().not_null())
        .col(ColumnDef::new("adapter_version").string())
        .col(ColumnDef::new("key_id").string().not_null())
        .col(ColumnDef::new("key_alg").string().not_null())
        .col(ColumnDef::new("public_jwk").text().not_null())
        .col(ColumnDef::new("created_at").big_integer().not_null())
        .col(ColumnDef::new("replaced_at").big_integer())
        .col(ColumnDef::new("revoked_at").big_integer())
        .primary_key(&mut primary_key(
            "pk-telemetry_keys",
            &["tenant_id", "audit_seq"],
        ))
        .take()
}
