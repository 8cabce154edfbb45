//! How traces are kept and forgotten: policies with the accounts, how many traces there are, and the ways to list them.

use sea_orm::sea_query::{ColumnDef, Table, TableCreateStatement};
use sea_orm::{DbBackend, Statement};

use crate::Migration;
use crate::table::{index, primary_key};

/// Adds the policies, counts the traces that are there, and gives each filter of their list an index.
pub(crate) const MIGRATION: Migration = Migration {
    name: "m20261121_000012_retention",
    statements,
};

/// Microseconds of an hour and of a day: what counts cover.
const SPANS: [i64; 2] = [3_600_000_000, 86_400_000_000];

fn statements(backend: DbBackend) -> Vec<Statement> {
    let policy = Table::alter()
        .table("tenants")
        .add_column(ColumnDef::new("retention").text().null().take())
        .take();
    let by = |name: &str, column: &'static str| {
        index(
            name,
            "traces",
            &["tenant_id", column, "started_at", "trace_id"],
        )
    };
    let indexes = [
        by("idx_traces_workspace", "workspace_id"),
        by("idx_traces_role", "agent_role"),
        by("idx_traces_status", "status"),
        // Dropping a trace drops its links.
        index(
            "idx_trace_entities_trace",
            "trace_entities",
            &["tenant_id", "trace_id"],
        ),
    ];
    [backend.build(&policy), backend.build(&trace_counts())]
        .into_iter()
        .chain(SPANS.map(|span| counted(backend, span)))
        .chain(indexes.iter().map(|index| backend.build(index)))
        .collect()
}

/// Counts what is there.
fn counted(backend: DbBackend, span: i64) -> Statement {
    let sql = format!(
        "INSERT INTO trace_counts (tenant_id, span, starts_at, workspace_id, agent_role, status, traces) \
         SELECT tenant_id, {span}, started_at / {span} * {span}, workspace_id, agent_role, status, COUNT(*) \
         FROM traces GROUP BY tenant_id, started_at / {span} * {span}, workspace_id, agent_role, status"
    );
    Statement::from_string(backend, sql)
}

fn trace_counts() -> TableCreateStatement {
    Table::create()
        .table("trace_counts")
        .col(ColumnDef::new("tenant_id").string().not_null())
        .col(ColumnDef::new("span").big_integer().not_null())
        .col(ColumnDef::new("starts_at").big_integer().not_null())
        .col(ColumnDef::new("workspace_id").string().not_null())
        .col(ColumnDef::new("agent_role").string().not_null())
        .col(ColumnDef::new("status").string().not_null())
        .col(ColumnDef::new("traces").big_integer().not_null())
        .primary_key(&mut primary_key(
            "pk-trace_counts",
            &[
                "tenant_id",
                "span",
                "starts_at",
                "workspace_id",
                "agent_role",
                "status",
            ],
        ))
        .take()
}
