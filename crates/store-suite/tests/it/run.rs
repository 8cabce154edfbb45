//! Opening runs: what is written with an admission, a refusal, and a wait.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use clasper_core::{AuditEvent, Usd};
use clasper_governance::{Effect, Reason};
use clasper_runtime::run::{Charge, Opening, RunStore};
use clasper_testkit::{TestDatabase, both, usd};
use clasper_tracing::{RunStatus, TraceStore};

use crate::support::{entries_of, spend};

both!(
    an_admission_writes_decision_hold_ledger_and_audit,
    a_refusal_writes_decision_outcome_trace_and_audit,
    a_run_told_to_wait_writes_nothing,
    the_last_try_is_refused_instead_of_waiting,
    a_nearly_spent_budget_caps_the_hold,
    without_a_budget_every_run_is_admitted,
    a_settled_run_leaves_its_trace,
);

type Counts = BTreeMap<&'static str, u64>;

/// The tables that grew, and by how many rows.
fn grown(before: &Counts, after: &Counts) -> Vec<(&'static str, u64)> {
    let growth = after
        .iter()
        .map(|(table, rows)| (*table, rows - before[table]));
    growth.filter(|(_, rows)| *rows > 0).collect()
}

async fn an_admission_writes_decision_hold_ledger_and_audit(db: TestDatabase) -> Result<()> {
    let acme = db.tenant_with_budget("acme", usd("1")).await?;
    let before = db.row_counts().await?;
    let opening = db.make.opening(&acme, usd("0.25"));
    let answer = db.store.open_run(opening.clone()).await?;
    let Opening::Admitted {
        decision,
        grant,
        hold,
    } = answer
    else {
        anyhow::bail!("not admitted: {answer:?}");
    };
    assert_eq!(
        (decision.effect, decision.reason),
        (Effect::Allow, Reason::Permitted)
    );
    assert_eq!(
        (hold, grant.limits.max_cost_usd),
        (usd("0.25"), Some(usd("0.25")))
    );
    assert_eq!(grant.intent_hash, opening.intent.hash);
    let expected = ["audit_entry", "decision", "ledger_entry", "open_run"].map(|t| (t, 1));
    assert_eq!(grown(&before, &db.row_counts().await?), expected);
    assert_eq!(db.account(&acme).await?.usage.held, usd("0.25"));
    let report = db.verify().await?;
    assert_eq!(report.tenants[0].open_decisions, 1);
    db.ensure_whole().await
}

async fn a_refusal_writes_decision_outcome_trace_and_audit(db: TestDatabase) -> Result<()> {
    let acme = db.tenant_with_budget("acme", usd("1")).await?;
    spend(&db, &acme, usd("1")).await?;
    let before = db.row_counts().await?;
    let opening = db.make.opening(&acme, usd("0.25"));
    let answer = db.store.open_run(opening.clone()).await?;
    let Opening::Denied(decision) = answer else {
        anyhow::bail!("not denied: {answer:?}");
    };
    assert_eq!(
        (decision.effect, decision.reason),
        (Effect::Deny, Reason::BudgetExceeded)
    );
    // It is counted for its hour and for its day.
    let expected = [
        ("audit_entry", 1),
        ("decision", 1),
        ("outcome", 1),
        ("trace", 1),
        ("trace_count", 2),
    ];
    assert_eq!(grown(&before, &db.row_counts().await?), expected);
    let trace = db.store.find_trace(&acme, opening.trace).await?;
    let trace = trace.context("a refusal has a trace")?;
    assert_eq!(trace.status, RunStatus::Denied);
    assert_eq!(trace.error.as_deref(), Some("budget_exceeded"));
    assert_eq!(
        entries_of(&db, &acme, AuditEvent::AgentExecutionDenied).await?,
        1
    );
    db.ensure_whole().await
}

async fn a_run_told_to_wait_writes_nothing(db: TestDatabase) -> Result<()> {
    let acme = db.tenant_with_budget("acme", usd("1")).await?;
    db.admit(&acme, usd("0.9")).await?;
    let before = (db.row_counts().await?, db.account(&acme).await?);
    let waiting = db
        .make
        .opening_with_key(&acme, usd("0.25"), "key", "request");
    let answer = db.store.open_run(waiting).await?;
    assert!(matches!(answer, Opening::Wait), "{answer:?}");
    assert_eq!((db.row_counts().await?, db.account(&acme).await?), before);
    db.ensure_whole().await
}

async fn the_last_try_is_refused_instead_of_waiting(db: TestDatabase) -> Result<()> {
    let acme = db.tenant_with_budget("acme", usd("1")).await?;
    db.admit(&acme, usd("0.9")).await?;
    let mut opening = db.make.opening(&acme, usd("0.25"));
    opening.last_try = true;
    let answer = db.store.open_run(opening).await?;
    let Opening::Denied(decision) = answer else {
        anyhow::bail!("not denied: {answer:?}");
    };
    assert_eq!(decision.reason, Reason::BudgetHeld);
    db.ensure_whole().await
}

async fn a_nearly_spent_budget_caps_the_hold(db: TestDatabase) -> Result<()> {
    let acme = db.tenant_with_budget("acme", usd("1")).await?;
    spend(&db, &acme, usd("0.4")).await?;
    let (_, hold) = db.admit(&acme, usd("0.9")).await?;
    assert_eq!(hold, usd("0.6"));
    db.ensure_whole().await
}

async fn without_a_budget_every_run_is_admitted(db: TestDatabase) -> Result<()> {
    let acme = db.tenant("acme").await?;
    let opening = db.make.opening(&acme, usd("1000"));
    let answer = db.store.open_run(opening).await?;
    let Opening::Admitted {
        decision,
        grant,
        hold,
    } = answer
    else {
        anyhow::bail!("not admitted: {answer:?}");
    };
    assert_eq!(decision.reason, Reason::NoBudgetSet);
    assert_eq!((hold, grant.limits.max_cost_usd), (usd("1000"), None));
    db.ensure_whole().await
}

async fn a_settled_run_leaves_its_trace(db: TestDatabase) -> Result<()> {
    let acme = db.tenant("acme").await?;
    let (run, _) = db.admit(&acme, usd("1")).await?;
    assert!(db.store.find_trace(&acme, run.trace).await?.is_none());
    let end = db.make.settlement(&run, Charge::Actual(usd("0.1")));
    db.store.settle_run(end.clone()).await?;
    assert_eq!(
        db.store.find_trace(&acme, run.trace).await?,
        Some(*end.trace)
    );
    let usage = db.account(&acme).await?.usage;
    assert_eq!((usage.input_tokens, usage.output_tokens), (100, 20));
    assert_eq!((usage.cost, usage.held), (usd("0.1"), Usd::ZERO));
    db.ensure_whole().await
}
