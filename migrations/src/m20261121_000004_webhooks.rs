//! What leaves the house and who asks from outside: notices, endpoints of webhooks, keys of adapters.

use sea_orm::sea_query::{ColumnDef, Table, TableCreateStatement};
use sea_orm::{DbBackend, Statement};

use crate::Migration;
use crate::table::{bytes, index, primary_key};

/// Creates the tables and indexes of notices, endpoints and adapters' keys.
pub(crate) const MIGRATION: Migration = Migration {
    name: "m20261121_000004_webhooks",
    statements,
};

fn statements(backend: DbBackend) -> Vec<Statement> {
    let tables = [notices(), webhook_endpoints(), adapter_keys()];
    let indexes = [
        index("idx_notices_due", "notices", &["state", "next_attempt_at"]),
        index(
            "idx_notices_queue",
            "notices",
            &["queue", "state", "position"],
        ),
        index(
            "idx_notices_endpoint",
            "notices",
            &["tenant_id", "endpoint_id", "created_at", "message_id"],
        ),
        index(
            "idx_adapter_keys_adapter",
            "adapter_keys",
            &["tenant_id", "adapter_id"],
        ),
    ];
    let tables = tables.iter().map(|table| backend.build(table));
    let indexes = indexes.iter().map(|index| backend.build(index));
    tables.chain(indexes).collect()
}

fn notices() -> TableCreateStatement {
    Table::create()
        .table("notices")
        .col(ColumnDef::new("message_id").uuid().not_null().primary_key())
        .col(ColumnDef::new("tenant_id").string().not_null())
        .col(ColumnDef::new("endpoint_id").uuid())
        .col(ColumnDef::new("event_type").string().not_null())
        .col(ColumnDef::new("queue").string().not_null())
        .col(ColumnDef::new("position").big_integer().not_null())
        .col(ColumnDef::new("trace_id").uuid())
        .col(bytes("payload").not_null())
        .col(ColumnDef::new("state").string().not_null())
        .col(ColumnDef::new("attempts").big_integer().not_null())
        .col(ColumnDef::new("last_result").string())
        .col(ColumnDef::new("last_attempt_at").big_integer())
        .col(ColumnDef::new("created_at").big_integer().not_null())
        .col(ColumnDef::new("next_attempt_at").big_integer().not_null())
        .take()
}

fn webhook_endpoints() -> TableCreateStatement {
    Table::create()
        .table("webhook_endpoints")
        .col(ColumnDef::new("tenant_id").string().not_null())
        .col(ColumnDef::new("endpoint_id").uuid().not_null())
        .col(ColumnDef::new("origin").string().not_null())
        .col(bytes("sealed_url").not_null())
        .col(bytes("sealed_secret").not_null())
        .col(ColumnDef::new("event_types").text().not_null())
        .col(ColumnDef::new("enabled").boolean().not_null())
        .col(ColumnDef::new("disabled_reason").string())
        .col(ColumnDef::new("failing_since").big_integer())
        .col(ColumnDef::new("created_at").big_integer().not_null())
        .col(ColumnDef::new("updated_at").big_integer().not_null())
        .col(ColumnDef::new("audit_seq").big_integer().not_null())
        .primary_key(&mut primary_key(
            "pk-webhook_endpoints",
            &["tenant_id", "endpoint_id"],
        ))
        .take()
}

fn adapter_keys() -> TableCreateStatement {
    Table::create()
        .table("adapter_keys")
        .col(ColumnDef::new("key_id").uuid().not_null().primary_key())
        .col(ColumnDef::new("tenant_id").string().not_null())
        .col(ColumnDef::new("adapter_id").string().not_null())
        .col(ColumnDef::new("workspace_id").string().not_null())
        .col(ColumnDef::new("prefix").string().not_null())
        .col(bytes("secret_hash").not_null().unique_key())
        .col(ColumnDef::new("created_at").big_integer().not_null())
        .col(ColumnDef::new("expires_at").big_integer())
        .col(ColumnDef::new("revoked_at").big_integer())
        .col(ColumnDef::new("audit_seq").big_integer().not_null())
        .take()
}
