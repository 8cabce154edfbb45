//! Authorizations of tools with their tokens, the tokens of approved decisions, and replaced keys of webhooks.

use sea_orm::sea_query::{ColumnDef, Table, TableCreateStatement};
use sea_orm::{DbBackend, Statement};

use crate::Migration;
use crate::table::{bytes, index, primary_key};

/// Creates the table of authorizations, and the columns of decision tokens and of replaced keys.
pub(crate) const MIGRATION: Migration = Migration {
    name: "m20261121_000006_tool_tokens",
    statements,
};

fn statements(backend: DbBackend) -> Vec<Statement> {
    let columns = [
        bytes("decision_token_hash"),
        ColumnDef::new("decision_token_issued_at")
            .big_integer()
            .take(),
        ColumnDef::new("decision_token_expires_at")
            .big_integer()
            .take(),
    ];
    let of_endpoints = [
        bytes("sealed_old_secret"),
        ColumnDef::new("old_secret_until").big_integer().take(),
    ];
    let columns = columns.map(|column| ("executions", column)).into_iter();
    let of_endpoints = of_endpoints.map(|column| ("webhook_endpoints", column));
    let columns = columns.chain(of_endpoints).map(|(table, mut column)| {
        let alter = Table::alter().table(table).add_column(&mut column).take();
        backend.build(&alter)
    });
    let indexes = [
        index(
            "idx_tool_authorizations_execution",
            "tool_authorizations",
            &["tenant_id", "execution_decision_id", "state"],
        ),
        index(
            "idx_tool_authorizations_due",
            "tool_authorizations",
            &["state", "token_expires_at"],
        ),
        index(
            "idx_tool_authorizations_tool",
            "tool_authorizations",
            &["tenant_id", "tool", "authorization_id"],
        ),
    ];
    let table = backend.build(&tool_authorizations());
    let indexes = indexes.iter().map(|index| backend.build(index));
    columns.chain([table]).chain(indexes).collect()
}

fn tool_authorizations() -> TableCreateStatement {
    Table::create()
        .table("tool_authorizations")
        .col(ColumnDef::new("tenant_id").string().not_null())
        .col(ColumnDef::new("authorization_id").uuid().not_null())
        .col(ColumnDef::new("decision_id").uuid().not_null())
        .col(ColumnDef::new("execution_decision_id").uuid().not_null())
        .col(ColumnDef::new("execution_key").string().not_null())
        .col(ColumnDef::new("adapter_id").string().not_null())
        .col(ColumnDef::new("workspace_id").string().not_null())
        .col(ColumnDef::new("tool").string().not_null())
        .col(ColumnDef::new("tool_group").string())
        .col(ColumnDef::new("state").string().not_null())
        .col(ColumnDef::new("reason").string().not_null())
        .col(ColumnDef::new("policy_id").string())
        .col(ColumnDef::new("scope").text().not_null())
        .col(bytes("scope_hash").not_null())
        .col(bytes("token_hash"))
        .col(ColumnDef::new("token_expires_at").big_integer())
        .col(ColumnDef::new("used_at").big_integer())
        .col(ColumnDef::new("reported_at").big_integer())
        .col(ColumnDef::new("trace_id").uuid().not_null())
        .col(ColumnDef::new("decided_at").big_integer().not_null())
        .col(ColumnDef::new("audit_seq").big_integer().not_null())
        .primary_key(&mut primary_key(
            "pk-tool_authorizations",
            &["tenant_id", "authorization_id"],
        ))
        .take()
}
