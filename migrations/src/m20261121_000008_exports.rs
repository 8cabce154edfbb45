//! Export bundles as jobs.

use sea_orm::sea_query::{ColumnDef, Table, TableCreateStatement};
use sea_orm::{DbBackend, Statement};

use crate::Migration;
use crate::table::{bytes, index};

/// Creates the table of exports and its indexes.
pub(crate) const MIGRATION: Migration = Migration {
    name: "m20261121_000008_exports",
    statements,
};

fn statements(backend: DbBackend) -> Vec<Statement> {
    let table = backend.build(&exports());
    let indexes = [
        index("idx_exports_state", "exports", &["state", "created_at"]),
        index(
            "idx_exports_tenant",
            "exports",
            &["tenant_id", "created_at", "export_id"],
        ),
    ];
    let indexes = indexes.iter().map(|index| backend.build(index));
    std::iter::once(table).chain(indexes).collect()
}

fn exports() -> TableCreateStatement {
    let mut table = Table::create();
    table
        .table("exports")
        .col(ColumnDef::new("export_id").uuid().not_null().primary_key())
        .col(ColumnDef::new("tenant_id").string().not_null())
        .col(ColumnDef::new("state").string().not_null())
        .col(ColumnDef::new("scope").text().not_null())
        .col(ColumnDef::new("requested_by").string().not_null())
        .col(ColumnDef::new("attempts").big_integer().not_null())
        .col(ColumnDef::new("instance_id").uuid());
    for number in [
        "lease_until",
        "entries_done",
        "entries_total",
        "entries",
        "archive_bytes",
    ] {
        table.col(ColumnDef::new(number).big_integer().not_null());
    }
    table
        .col(bytes("archive_hash"))
        .col(ColumnDef::new("failure").string());
    for number in [
        "created_at",
        "started_at",
        "ended_at",
        "expires_at",
        "audit_seq",
    ] {
        table.col(ColumnDef::new(number).big_integer().not_null());
    }
    table.take()
}
