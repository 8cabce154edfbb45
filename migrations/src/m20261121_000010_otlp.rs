//! Spans that foreign instrumentation sends, and what they came from.

use sea_orm::sea_query::{ColumnDef, Table, TableCreateStatement};
use sea_orm::{DbBackend, Statement};

use crate::Migration;
use crate::table::{bytes, primary_key};

/// Creates the tables of spans; traces say where they come from.
pub(crate) const MIGRATION: Migration = Migration {
    name: "m20261121_000010_otlp",
    statements,
};

fn statements(backend: DbBackend) -> Vec<Statement> {
    let source = ColumnDef::new("source")
        .string()
        .not_null()
        .default("run")
        .take();
    let source = Table::alter().table("traces").add_column(source).take();
    let tables = [otel_spans(), otel_sources()];
    let tables = tables.iter().map(|table| backend.build(table));
    tables.chain([backend.build(&source)]).collect()
}

fn otel_spans() -> TableCreateStatement {
    Table::create()
        .table("otel_spans")
        .col(ColumnDef::new("tenant_id").string().not_null())
        .col(ColumnDef::new("trace_id").uuid().not_null())
        .col(bytes("span_id").not_null())
        .col(ColumnDef::new("started_nanos").big_integer().not_null())
        .col(ColumnDef::new("ended_nanos").big_integer().not_null())
        .col(bytes("source_hash").not_null())
        .col(ColumnDef::new("document").text().not_null())
        .primary_key(&mut primary_key(
            "pk-otel_spans",
            &["tenant_id", "trace_id", "span_id"],
        ))
        .take()
}

fn otel_sources() -> TableCreateStatement {
    Table::create()
        .table("otel_sources")
        .col(ColumnDef::new("tenant_id").string().not_null())
        .col(bytes("source_hash").not_null())
        .col(ColumnDef::new("document").text().not_null())
        .primary_key(&mut primary_key(
            "pk-otel_sources",
            &["tenant_id", "source_hash"],
        ))
        .take()
}
