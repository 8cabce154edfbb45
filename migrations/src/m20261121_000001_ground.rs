//! The first tables: tenants, keys, audit, decisions, ledger, traces, outbox.
//!
//! Written out rather than derived from the entities: those change, and what was done to people's databases does not.

use sea_orm::sea_query::{ColumnDef, Table, TableCreateStatement};
use sea_orm::{DbBackend, Statement};

use crate::Migration;
use crate::table::{bytes, index, primary_key};

/// Creates every table and index.
pub(crate) const MIGRATION: Migration = Migration {
    name: "m20261121_000001_ground",
    statements,
};

fn statements(backend: DbBackend) -> Vec<Statement> {
    let tables = [
        tenants(),
        api_keys(),
        audit_entries(),
        decisions(),
        outcomes(),
        open_runs(),
        ledger_entries(),
        traces(),
        outbox_messages(),
        idempotency_keys(),
        instances(),
    ];
    let indexes = [
        index("idx_api_keys_tenant", "api_keys", &["tenant_id"]),
        index(
            "idx_audit_trace",
            "audit_entries",
            &["tenant_id", "trace_id", "seq"],
        ),
        index(
            "idx_audit_type",
            "audit_entries",
            &["tenant_id", "event_type", "seq"],
        ),
        index(
            "idx_decisions_execution",
            "decisions",
            &["tenant_id", "execution_id"],
        ),
        index("idx_open_runs_tenant", "open_runs", &["tenant_id"]),
        index(
            "idx_traces_started",
            "traces",
            &["tenant_id", "started_at", "trace_id"],
        ),
        index(
            "idx_outbox_due",
            "outbox_messages",
            &["given_up", "next_attempt_at"],
        ),
        index(
            "idx_idempotency_created",
            "idempotency_keys",
            &["created_at"],
        ),
    ];
    let tables = tables.iter().map(|table| backend.build(table));
    let indexes = indexes.iter().map(|index| backend.build(index));
    tables.chain(indexes).collect()
}

fn tenants() -> TableCreateStatement {
    Table::create()
        .table("tenants")
        .col(
            ColumnDef::new("tenant_id")
                .string()
                .not_null()
                .primary_key(),
        )
        .col(ColumnDef::new("name").string().not_null())
        .col(ColumnDef::new("time_zone").string().not_null())
        .col(ColumnDef::new("created_at").big_integer().not_null())
        .col(ColumnDef::new("head_seq").big_integer().not_null())
        .col(bytes("head_hash"))
        .col(ColumnDef::new("runs").big_integer().not_null())
        .col(ColumnDef::new("input_tokens").big_integer().not_null())
        .col(ColumnDef::new("output_tokens").big_integer().not_null())
        .col(ColumnDef::new("spent_nanos").big_integer().not_null())
        .col(ColumnDef::new("held_nanos").big_integer().not_null())
        .col(ColumnDef::new("budget_limit_nanos").big_integer())
        .col(
            ColumnDef::new("budget_spent_nanos")
                .big_integer()
                .not_null(),
        )
        .col(ColumnDef::new("budget_runs").big_integer().not_null())
        .col(
            ColumnDef::new("budget_period_start")
                .big_integer()
                .not_null(),
        )
        .col(ColumnDef::new("budget_period_end").big_integer().not_null())
        .col(ColumnDef::new("budget_period_kind").string().not_null())
        .col(ColumnDef::new("budget_time_zone").string().not_null())
        .col(ColumnDef::new("budget_hard_limit").boolean().not_null())
        .col(
            ColumnDef::new("budget_alert_basis_points")
                .big_integer()
                .not_null(),
        )
        .col(ColumnDef::new("budget_created_at").big_integer().not_null())
        .col(ColumnDef::new("budget_updated_at").big_integer().not_null())
        .take()
}

fn api_keys() -> TableCreateStatement {
    Table::create()
        .table("api_keys")
        .col(ColumnDef::new("api_key_id").uuid().not_null().primary_key())
        .col(ColumnDef::new("tenant_id").string().not_null())
        .col(ColumnDef::new("name").string().not_null())
        .col(ColumnDef::new("role").string().not_null())
        .col(ColumnDef::new("prefix").string().not_null())
        .col(bytes("secret_hash").not_null().unique_key())
        .col(ColumnDef::new("created_at").big_integer().not_null())
        .col(ColumnDef::new("revoked_at").big_integer())
        .take()
}

fn audit_entries() -> TableCreateStatement {
    Table::create()
        .table("audit_entries")
        .col(ColumnDef::new("tenant_id").string().not_null())
        .col(ColumnDef::new("seq").big_integer().not_null())
        .col(ColumnDef::new("entry_id").uuid().not_null())
        .col(ColumnDef::new("event_type").string().not_null())
        .col(ColumnDef::new("actor").string().not_null())
        .col(ColumnDef::new("workspace_id").string())
        .col(ColumnDef::new("trace_id").uuid())
        .col(ColumnDef::new("user_id").string())
        .col(ColumnDef::new("target").string())
        .col(ColumnDef::new("detail").text().not_null())
        .col(ColumnDef::new("occurred_at").big_integer().not_null())
        .col(bytes("prev_hash"))
        .col(bytes("leaf_hash").not_null())
        .primary_key(&mut primary_key("pk-audit_entries", &["tenant_id", "seq"]))
        .take()
}

fn decisions() -> TableCreateStatement {
    Table::create()
        .table("decisions")
        .col(
            ColumnDef::new("decision_id")
                .uuid()
                .not_null()
                .primary_key(),
        )
        .col(ColumnDef::new("tenant_id").string().not_null())
        .col(ColumnDef::new("execution_id").uuid().not_null())
        .col(ColumnDef::new("action").string().not_null())
        .col(bytes("intent_hash").not_null())
        .col(ColumnDef::new("effect").string().not_null())
        .col(ColumnDef::new("reason").string().not_null())
        .col(ColumnDef::new("matched_policies").text().not_null())
        .col(bytes("policy_bundle_hash").not_null())
        .col(ColumnDef::new("inputs").text().not_null())
        .col(ColumnDef::new("grant_id").uuid())
        .col(ColumnDef::new("grant_limits").text())
        .col(ColumnDef::new("decided_at").big_integer().not_null())
        .col(ColumnDef::new("audit_seq").big_integer().not_null())
        .take()
}

fn outcomes() -> TableCreateStatement {
    Table::create()
        .table("outcomes")
        .col(
            ColumnDef::new("decision_id")
                .uuid()
                .not_null()
                .primary_key(),
        )
        .col(ColumnDef::new("tenant_id").string().not_null())
        .col(ColumnDef::new("result").string().not_null())
        .col(ColumnDef::new("reason").string())
        .col(ColumnDef::new("cost_nanos").big_integer().not_null())
        .col(ColumnDef::new("occurred_at").big_integer().not_null())
        .col(ColumnDef::new("audit_seq").big_integer().not_null())
        .take()
}

fn open_runs() -> TableCreateStatement {
    Table::create()
        .table("open_runs")
        .col(
            ColumnDef::new("execution_id")
                .uuid()
                .not_null()
                .primary_key(),
        )
        .col(ColumnDef::new("tenant_id").string().not_null())
        .col(ColumnDef::new("decision_id").uuid().not_null())
        .col(ColumnDef::new("instance_id").uuid().not_null())
        .col(ColumnDef::new("hold_nanos").big_integer().not_null())
        .col(ColumnDef::new("idempotency_key").string())
        .col(bytes("request_hash"))
        .col(ColumnDef::new("draft").text().not_null())
        .col(ColumnDef::new("opened_at").big_integer().not_null())
        .take()
}

fn ledger_entries() -> TableCreateStatement {
    Table::create()
        .table("ledger_entries")
        .col(ColumnDef::new("tenant_id").string().not_null())
        .col(ColumnDef::new("audit_seq").big_integer().not_null())
        .col(ColumnDef::new("execution_id").uuid().not_null())
        .col(ColumnDef::new("kind").string().not_null())
        .col(ColumnDef::new("held_delta_nanos").big_integer().not_null())
        .col(ColumnDef::new("spent_delta_nanos").big_integer().not_null())
        .col(ColumnDef::new("period_start").big_integer())
        .col(ColumnDef::new("occurred_at").big_integer().not_null())
        .primary_key(&mut primary_key(
            "pk-ledger_entries",
            &["tenant_id", "audit_seq"],
        ))
        .take()
}

fn traces() -> TableCreateStatement {
    Table::create()
        .table("traces")
        .col(ColumnDef::new("tenant_id").string().not_null())
        .col(ColumnDef::new("trace_id").uuid().not_null())
        .col(ColumnDef::new("workspace_id").string().not_null())
        .col(ColumnDef::new("agent_role").string().not_null())
        .col(ColumnDef::new("status").string().not_null())
        .col(ColumnDef::new("started_at").big_integer().not_null())
        .col(ColumnDef::new("cost_nanos").big_integer().not_null())
        .col(ColumnDef::new("document").text().not_null())
        .primary_key(&mut primary_key("pk-traces", &["tenant_id", "trace_id"]))
        .take()
}

fn outbox_messages() -> TableCreateStatement {
    Table::create()
        .table("outbox_messages")
        .col(ColumnDef::new("message_id").uuid().not_null().primary_key())
        .col(ColumnDef::new("tenant_id").string().not_null())
        .col(ColumnDef::new("trace_id").uuid().not_null())
        .col(ColumnDef::new("kind").string().not_null())
        .col(ColumnDef::new("idempotency_key").string().not_null())
        .col(ColumnDef::new("agent").text().not_null())
        .col(bytes("payload").not_null())
        .col(ColumnDef::new("created_at").big_integer().not_null())
        .col(ColumnDef::new("next_attempt_at").big_integer().not_null())
        .col(ColumnDef::new("attempts").big_integer().not_null())
        .col(ColumnDef::new("given_up").boolean().not_null())
        .take()
}

fn idempotency_keys() -> TableCreateStatement {
    Table::create()
        .table("idempotency_keys")
        .col(ColumnDef::new("tenant_id").string().not_null())
        .col(ColumnDef::new("key").string().not_null())
        .col(bytes("request_hash").not_null())
        .col(ColumnDef::new("execution_id").uuid().not_null())
        .col(bytes("answer"))
        .col(ColumnDef::new("created_at").big_integer().not_null())
        .primary_key(&mut primary_key(
            "pk-idempotency_keys",
            &["tenant_id", "key"],
        ))
        .take()
}

fn instances() -> TableCreateStatement {
    Table::create()
        .table("instances")
        .col(
            ColumnDef::new("instance_id")
                .uuid()
                .not_null()
                .primary_key(),
        )
        .col(ColumnDef::new("beat_at").big_integer().not_null())
        .take()
}
