//! How many traces a list has, and that every filter of it is answered by an index.

use anyhow::{Result, ensure};
use chrono::TimeDelta;
use clasper_core::{TenantScope, Timestamp, WorkspaceId};
use clasper_runtime::run::{Charge, RunStore};
use clasper_testkit::{TestDatabase, both, usd};
use clasper_tracing::{EntityKind, RunStatus, TraceFilter, TraceStore};
use sea_orm::{ConnectionTrait, Statement};

both!(
    the_total_of_a_list_is_that_of_its_pages,
    every_filter_of_the_list_is_answered_by_an_index,
);

const STATUSES: [RunStatus; 3] = [
    RunStatus::Completed,
    RunStatus::Failed,
    RunStatus::Interrupted,
];

/// Traces of two workspaces, two roles and three ends, one every five hours and 25 minutes over some days.
async fn some(db: &TestDatabase, scope: &TenantScope, count: usize) -> Result<()> {
    for n in 0..count {
        let (run, _) = db.admit(scope, usd("0.01")).await?;
        let mut end = db.make.settlement(&run, Charge::Actual(usd("0.01")));
        end.trace.workspace = WorkspaceId::new(["shop", "support"][n % 2])?;
        ["helper", "lead"][n / 2 % 2].clone_into(&mut end.trace.agent_role);
        end.trace.status = STATUSES[n % 3];
        end.trace.task_id = (n % 5 == 0).then(|| "7".to_owned());
        if n % 4 == 0 {
            end.trace.labels = [("env".to_owned(), "prod".to_owned())].into();
        }
        db.store.settle_run(end).await?;
        db.make.clock.advance(TimeDelta::minutes(5 * 60 + 25));
    }
    Ok(())
}

fn filters(begun: Timestamp) -> Vec<TraceFilter> {
    let at = |hours: i64| Some(begun + TimeDelta::hours(hours));
    let mut filters = Vec::new();
    for workspace in [None, Some("shop")] {
        for role in [None, Some("lead")] {
            for status in [None, Some(RunStatus::Failed)] {
                for (from, to) in [
                    (None, None),
                    (at(0), None),
                    (at(1), at(30)),
                    (None, at(77)),
                    (at(12), at(60)),
                    (at(13), at(14)),
                    (at(60), at(13)),
                ] {
                    filters.push(TraceFilter {
                        workspace: workspace.map(|name| WorkspaceId::new(name).expect("a name")),
                        agent_role: role.map(str::to_owned),
                        status,
                        started_from: from,
                        started_to: to,
                        limit: 1000,
                        ..TraceFilter::default()
                    });
                }
            }
        }
    }
    let labelled = TraceFilter {
        label: Some(("env".to_owned(), None)),
        limit: 1000,
        ..TraceFilter::default()
    };
    let linked = TraceFilter {
        entity: Some((EntityKind::Task, "7".to_owned())),
        limit: 1000,
        ..TraceFilter::default()
    };
    filters.extend([labelled, linked]);
    filters
}

async fn the_total_of_a_list_is_that_of_its_pages(db: TestDatabase) -> Result<()> {
    let (acme, globex) = (db.tenant("acme").await?, db.tenant("globex").await?);
    let begun = db.make.now();
    some(&db, &acme, 24).await?;
    some(&db, &globex, 2).await?;
    for filter in filters(begun) {
        let items = db.store.list_traces(&acme, &filter).await?.items;
        let total = db.store.count_traces(&acme, &filter).await?;
        assert_eq!(total, items.len() as u64, "{filter:?}");
    }
    Ok(())
}

/// The lists that `GET /traces` asks for, as the store says them.
const LISTS: [&str; 5] = [
    "",
    "AND workspace_id = 'shop'",
    "AND agent_role = 'lead'",
    "AND status = 'failed'",
    "AND started_at >= 5 AND started_at <= 50000",
];

async fn plan(db: &TestDatabase, sql: &str) -> Result<String> {
    let reader = db.database().reader();
    let explain = if db.is_postgres() {
        "EXPLAIN"
    } else {
        "EXPLAIN QUERY PLAN"
    };
    let sql = format!("{explain} {sql}");
    let statement = Statement::from_string(reader.get_database_backend(), sql);
    let mut lines = Vec::new();
    for row in reader.query_all_raw(statement).await? {
        let line: String = if db.is_postgres() {
            row.try_get_by_index(0)?
        } else {
            row.try_get("", "detail")?
        };
        lines.push(line);
    }
    Ok(lines.join("\n"))
}

async fn every_filter_of_the_list_is_answered_by_an_index(db: TestDatabase) -> Result<()> {
    if db.is_postgres() {
        // A table of a few rows is read whole, whatever its indexes: many rows, and statistics of them.
        let many = "INSERT INTO traces (tenant_id, trace_id, workspace_id, agent_role, status, started_at, cost_nanos, document) \
            SELECT 'acme', gen_random_uuid(), 'w' || (n % 50), 'r' || (n % 50), 's' || (n % 50), n * 1000, 0, repeat('x', 200) \
            FROM generate_series(1, 20000) n";
        let writer = db.database().writer();
        writer.execute_unprepared(many).await?;
        writer.execute_unprepared("ANALYZE traces").await?;
    }
    for wanted in LISTS {
        let wanted = if db.is_postgres() {
            wanted
                .replace("'shop'", "'w7'")
                .replace("'lead'", "'r7'")
                .replace("'failed'", "'s7'")
        } else {
            wanted.to_owned()
        };
        let list = format!(
            "SELECT document FROM traces WHERE tenant_id = 'acme' {wanted} \
             ORDER BY started_at DESC, trace_id DESC LIMIT 51"
        );
        let found = plan(&db, &list).await?;
        ensure!(found.contains("idx_traces_"), "{list}\n{found}");
        // Neither the whole table nor a sort of what was found.
        ensure!(
            !found.contains("Seq Scan") && !found.contains("SCAN traces"),
            "{list}\n{found}"
        );
        ensure!(
            !found.contains("Sort") && !found.contains("TEMP B-TREE"),
            "{list}\n{found}"
        );
    }
    Ok(())
}
