//! What tenants want redacted, and the sealed values behind the tokens of traces.

use sea_orm::sea_query::{ColumnDef, Table, TableCreateStatement};
use sea_orm::{DbBackend, Statement};

use crate::Migration;
use crate::table::{bytes, primary_key};

/// Creates the tables of configurations and of kept values.
pub(crate) const MIGRATION: Migration = Migration {
    name: "m20261121_000007_redaction",
    statements,
};

fn statements(backend: DbBackend) -> Vec<Statement> {
    let tables = [redaction_configs(), redaction_values()];
    tables.iter().map(|table| backend.build(table)).collect()
}

fn redaction_configs() -> TableCreateStatement {
    Table::create()
        .table("redaction_configs")
        .col(ColumnDef::new("tenant_id").string().not_null())
        .col(ColumnDef::new("revision").big_integer().not_null())
        .col(ColumnDef::new("document").text().not_null())
        .col(ColumnDef::new("updated_at").big_integer().not_null())
        .col(ColumnDef::new("updated_by").string().not_null())
        .col(ColumnDef::new("audit_seq").big_integer().not_null())
        .primary_key(&mut primary_key(
            "pk-redaction_configs",
            &["tenant_id", "revision"],
        ))
        .take()
}

fn redaction_values() -> TableCreateStatement {
    Table::create()
        .table("redaction_values")
        .col(ColumnDef::new("tenant_id").string().not_null())
        .col(ColumnDef::new("trace_id").uuid().not_null())
        .col(bytes("sealed").not_null())
        .col(ColumnDef::new("created_at").big_integer().not_null())
        .primary_key(&mut primary_key(
            "pk-redaction_values",
            &["tenant_id", "trace_id"],
        ))
        .take()
}
