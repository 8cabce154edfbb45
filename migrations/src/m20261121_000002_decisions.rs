//! Decisions by policy: bundles and what is in force, adapters, executions with their approvals and grants, budgets within a
//! tenant's, histories of cost, prices of a tenant's own.

use sea_orm::sea_query::{ColumnDef, Table, TableCreateStatement};
use sea_orm::{DbBackend, Statement};

use crate::Migration;
use crate::table::{bytes, index, primary_key};

/// Creates the tables and indexes of decisions.
pub(crate) const MIGRATION: Migration = Migration {
    name: "m20261121_000002_decisions",
    statements,
};

fn statements(backend: DbBackend) -> Vec<Statement> {
    let tables = [
        governance_heads(),
        policy_versions(),
        policy_bundles(),
        active_bundles(),
        adapters(),
        executions(),
        budget_scopes(),
        cost_histories(),
        price_overrides(),
    ];

    let mut key = index(
        "idx_executions_key",
        "executions",
        &["tenant_id", "adapter_id", "execution_key"],
    );
    key.unique();
    let indexes = [
        key,
        index(
            "idx_executions_status",
            "executions",
            &["tenant_id", "status", "decision_id"],
        ),
        index("idx_executions_due", "executions", &["due_at"]),
        index(
            "idx_policy_bundles_created",
            "policy_bundles",
            &["tenant_id", "created_at"],
        ),
    ];
    // The budgets within the tenant's that hold a run's money: none for runs that were opened before.
    let scopes = Table::alter()
        .table("open_runs")
        .add_column(
            ColumnDef::new("hold_scopes")
                .text()
                .not_null()
                .default("[]"),
        )
        .take();
    let tables = tables.iter().map(|table| backend.build(table));
    let indexes = indexes.iter().map(|index| backend.build(index));
    tables
        .chain(indexes)
        .chain([backend.build(&scopes)])
        .collect()
}

fn governance_heads() -> TableCreateStatement {
    Table::create()
        .table("governance_heads")
        .col(
            ColumnDef::new("tenant_id")
                .string()
                .not_null()
                .primary_key(),
        )
        .col(ColumnDef::new("revision").big_integer().not_null())
        .col(ColumnDef::new("changed_at").big_integer().not_null())
        .take()
}

fn policy_versions() -> TableCreateStatement {
    Table::create()
        .table("policy_versions")
        .col(ColumnDef::new("tenant_id").string().not_null())
        .col(ColumnDef::new("policy_id").string().not_null())
        .col(ColumnDef::new("version").big_integer().not_null())
        .col(ColumnDef::new("kind").string().not_null())
        .col(ColumnDef::new("body").text().not_null())
        .col(bytes("body_hash").not_null())
        .col(ColumnDef::new("created_at").big_integer().not_null())
        .col(ColumnDef::new("created_by").string().not_null())
        .col(ColumnDef::new("audit_seq").big_integer().not_null())
        .primary_key(&mut primary_key(
            "pk-policy_versions",
            &["tenant_id", "policy_id", "version"],
        ))
        .take()
}

fn policy_bundles() -> TableCreateStatement {
    Table::create()
        .table("policy_bundles")
        .col(ColumnDef::new("tenant_id").string().not_null())
        .col(ColumnDef::new("bundle_id").uuid().not_null())
        .col(ColumnDef::new("name").string().not_null())
        .col(ColumnDef::new("workspace_id").string())
        .col(ColumnDef::new("environment").string())
        .col(ColumnDef::new("combining").string().not_null())
        .col(ColumnDef::new("members").text().not_null())
        .col(bytes("bundle_hash").not_null())
        .col(ColumnDef::new("created_at").big_integer().not_null())
        .col(ColumnDef::new("created_by").string().not_null())
        .col(ColumnDef::new("audit_seq").big_integer().not_null())
        .primary_key(&mut primary_key(
            "pk-policy_bundles",
            &["tenant_id", "bundle_id"],
        ))
        .take()
}

fn active_bundles() -> TableCreateStatement {
    Table::create()
        .table("active_bundles")
        .col(ColumnDef::new("tenant_id").string().not_null())
        .col(ColumnDef::new("slot").string().not_null())
        .col(ColumnDef::new("bundle_id").uuid().not_null())
        .col(ColumnDef::new("activated_at").big_integer().not_null())
        .col(ColumnDef::new("activated_by").string().not_null())
        .col(ColumnDef::new("audit_seq").big_integer().not_null())
        .primary_key(&mut primary_key(
            "pk-active_bundles",
            &["tenant_id", "slot"],
        ))
        .take()
}

fn adapters() -> TableCreateStatement {
    Table::create()
        .table("adapters")
        .col(ColumnDef::new("tenant_id").string().not_null())
        .col(ColumnDef::new("adapter_id").string().not_null())
        .col(ColumnDef::new("display_name").string().not_null())
        .col(ColumnDef::new("version").string().not_null())
        .col(ColumnDef::new("risk_class").string().not_null())
        .col(ColumnDef::new("capabilities").text().not_null())
        .col(ColumnDef::new("tool_capabilities").text().not_null())
        .col(ColumnDef::new("enabled").boolean().not_null())
        .col(ColumnDef::new("certification_tier").string().not_null())
        .col(ColumnDef::new("created_at").big_integer().not_null())
        .col(ColumnDef::new("updated_at").big_integer().not_null())
        .col(ColumnDef::new("audit_seq").big_integer().not_null())
        .primary_key(&mut primary_key(
            "pk-adapters",
            &["tenant_id", "adapter_id"],
        ))
        .take()
}

fn executions() -> TableCreateStatement {
    Table::create()
        .table("executions")
        .col(ColumnDef::new("tenant_id").string().not_null())
        .col(ColumnDef::new("decision_id").uuid().not_null())
        .col(ColumnDef::new("adapter_id").string().not_null())
        .col(ColumnDef::new("execution_key").string().not_null())
        .col(ColumnDef::new("execution_id").uuid().not_null())
        .col(ColumnDef::new("trace_id").uuid().not_null())
        .col(ColumnDef::new("workspace_id").string().not_null())
        .col(ColumnDef::new("environment").string())
        .col(ColumnDef::new("agent_id").string())
        .col(ColumnDef::new("tool").string())
        .col(ColumnDef::new("status").string().not_null())
        .col(ColumnDef::new("reason").string().not_null())
        .col(bytes("intent_hash").not_null())
        .col(ColumnDef::new("risk_score").integer().not_null())
        .col(ColumnDef::new("risk_level").string().not_null())
        .col(ColumnDef::new("request").text().not_null())
        .col(bytes("sealed_request").not_null())
        .col(ColumnDef::new("approval").text())
        .col(ColumnDef::new("grant_id").uuid())
        .col(ColumnDef::new("grant_state").string())
        .col(ColumnDef::new("grant_limits").text())
        .col(ColumnDef::new("grant_expires_at").big_integer())
        .col(ColumnDef::new("consumed_at").big_integer())
        .col(ColumnDef::new("hold_nanos").big_integer().not_null())
        .col(ColumnDef::new("hold_scopes").text().not_null())
        .col(bytes("callback"))
        .col(ColumnDef::new("due_at").big_integer())
        .col(ColumnDef::new("revision").big_integer().not_null())
        .col(ColumnDef::new("requested_at").big_integer().not_null())
        .col(ColumnDef::new("updated_at").big_integer().not_null())
        .col(ColumnDef::new("audit_seq").big_integer().not_null())
        .primary_key(&mut primary_key(
            "pk-executions",
            &["tenant_id", "decision_id"],
        ))
        .take()
}

fn budget_scopes() -> TableCreateStatement {
    Table::create()
        .table("budget_scopes")
        .col(ColumnDef::new("tenant_id").string().not_null())
        .col(ColumnDef::new("scope").string().not_null())
        .col(ColumnDef::new("limit_nanos").big_integer().not_null())
        .col(ColumnDef::new("spent_nanos").big_integer().not_null())
        .col(ColumnDef::new("held_nanos").big_integer().not_null())
        .col(ColumnDef::new("runs").big_integer().not_null())
        .col(ColumnDef::new("period_start").big_integer().not_null())
        .col(ColumnDef::new("period_end").big_integer().not_null())
        .col(ColumnDef::new("period_kind").string().not_null())
        .col(ColumnDef::new("time_zone").string().not_null())
        .col(ColumnDef::new("hard_limit").boolean().not_null())
        .col(
            ColumnDef::new("alert_basis_points")
                .big_integer()
                .not_null(),
        )
        .col(ColumnDef::new("created_at").big_integer().not_null())
        .col(ColumnDef::new("updated_at").big_integer().not_null())
        .primary_key(&mut primary_key(
            "pk-budget_scopes",
            &["tenant_id", "scope"],
        ))
        .take()
}

fn cost_histories() -> TableCreateStatement {
    Table::create()
        .table("cost_histories")
        .col(ColumnDef::new("tenant_id").string().not_null())
        .col(ColumnDef::new("subject").string().not_null())
        .col(ColumnDef::new("sketch").text().not_null())
        .col(ColumnDef::new("updated_at").big_integer().not_null())
        .primary_key(&mut primary_key(
            "pk-cost_histories",
            &["tenant_id", "subject"],
        ))
        .take()
}

fn price_overrides() -> TableCreateStatement {
    Table::create()
        .table("price_overrides")
        .col(ColumnDef::new("tenant_id").string().not_null())
        .col(ColumnDef::new("model").string().not_null())
        .col(ColumnDef::new("price").text().not_null())
        .col(ColumnDef::new("updated_at").big_integer().not_null())
        .col(ColumnDef::new("updated_by").string().not_null())
        .col(ColumnDef::new("audit_seq").big_integer().not_null())
        .primary_key(&mut primary_key(
            "pk-price_overrides",
            &["tenant_id", "model"],
        ))
        .take()
}
