//! Budgets within the tenant's: held together or not at all, and never exceeded whatever happens at once.

use anyhow::{Result, bail};
use chrono::TimeDelta;
use clasper_core::{AgentId, AuditEvent, InstanceId, SessionId, Usd, WorkspaceId};
use clasper_governance::{BudgetScope, BudgetSettings, BudgetStore};
use clasper_runtime::run::{Charge, Extension, Opening, RunEnd, RunStore, Settled};
use clasper_store::Store;
use clasper_testkit::{TestDatabase, both, usd};
use futures::future::try_join_all;

use crate::support::{entries_of, run_to_its_end, spend};

both!(
    of_200_concurrent_runs_a_workspace_budget_for_50_admits_50,
    two_replicas_together_admit_50_of_200_within_a_workspace,
    the_narrowest_budget_decides_and_the_others_hold_nothing,
    a_refusal_says_which_budget_refused,
    an_extension_is_held_by_every_budget_or_by_none,
    a_run_whose_process_died_leaves_nothing_held_in_any_budget,
    a_budget_that_comes_later_holds_what_is_open_already,
    a_budget_of_one_run_stops_it_from_taking_more,
    each_budget_warns_once_per_line_for_itself,
    a_month_of_a_part_that_ended_is_closed_by_the_next_run,
    budgets_of_parts_are_listed_page_by_page_and_by_tenant,
    a_changed_budget_keeps_what_was_spent_and_what_is_held,
);

/// An odd amount, so that a rounding anywhere shows.
const COST: &str = "0.020000003";
const FIFTY: &str = "1.00000015";

pub(crate) fn workspace() -> BudgetScope {
    BudgetScope::Workspace(WorkspaceId::new("support").expect("a name"))
}

fn agent() -> BudgetScope {
    BudgetScope::Agent(AgentId::new("helper").expect("a name"))
}

fn session() -> BudgetScope {
    BudgetScope::Session(SessionId::new("user:alice:helper").expect("a name"))
}

fn limited_to(limit: &str) -> BudgetSettings {
    BudgetSettings::limited_to(usd(limit))
}

async fn fifty_of_two_hundred(db: &TestDatabase, stores: &[&Store]) -> Result<()> {
    let acme = db.tenant_with_budget("acme", usd("1000")).await?;
    db.set_scope(&acme, &workspace(), &limited_to(FIFTY))
        .await?;
    db.set_scope(&acme, &agent(), &limited_to("500")).await?;
    let cost = usd(COST);
    let stores = stores.iter().copied().cycle().take(200);
    let runs = stores.map(|store| run_to_its_end(store, &db.make, &acme, cost));
    let admitted = try_join_all(runs).await?;
    assert_eq!(admitted.iter().filter(|admitted| **admitted).count(), 50);
    for part in [workspace(), agent()] {
        let budget = db.scope_budget(&acme, &part).await?;
        assert_eq!(
            (budget.spent, budget.held),
            (usd(FIFTY), Usd::ZERO),
            "{part}"
        );
        assert_eq!(budget.settled_runs, 50, "{part}");
    }
    let own = db.account(&acme).await?.budget.expect("it was set");
    assert_eq!((own.spent, own.held), (usd(FIFTY), Usd::ZERO));
    let denied = entries_of(db, &acme, AuditEvent::AgentExecutionDenied).await?;
    assert_eq!(denied, 150);
    db.ensure_whole().await
}

async fn of_200_concurrent_runs_a_workspace_budget_for_50_admits_50(
    db: TestDatabase,
) -> Result<()> {
    fifty_of_two_hundred(&db, &[&db.store]).await
}

async fn two_replicas_together_admit_50_of_200_within_a_workspace(db: TestDatabase) -> Result<()> {
    let second = db.second_store().await?;
    fifty_of_two_hundred(&db, &[&db.store, &second]).await
}

async fn the_narrowest_budget_decides_and_the_others_hold_nothing(db: TestDatabase) -> Result<()> {
    let acme = db.tenant_with_budget("acme", usd("10")).await?;
    for (part, limit) in [(workspace(), "5"), (agent(), "4"), (session(), "0.5")] {
        db.set_scope(&acme, &part, &limited_to(limit)).await?;
    }
    let held = async || -> Result<Vec<Usd>> {
        let mut held = vec![db.account(&acme).await?.usage.held];
        for part in [workspace(), agent(), session()] {
            held.push(db.scope_budget(&acme, &part).await?.held);
        }
        Ok(held)
    };
    db.admit(&acme, usd("0.3")).await?;
    assert_eq!(held().await?, [usd("0.3"); 4]);
    let mut second = db.make.opening(&acme, usd("0.3"));
    let opened = db.store.open_run(second.clone()).await?;
    assert!(matches!(opened, Opening::Wait), "{opened:?}");
    assert_eq!(held().await?, [usd("0.3"); 4], "a wait holds nothing");
    second.last_try = true;
    let opened = db.store.open_run(second).await?;
    assert!(matches!(opened, Opening::Denied(_)), "{opened:?}");
    assert_eq!(held().await?, [usd("0.3"); 4], "a refusal holds nothing");
    db.ensure_whole().await
}

async fn a_refusal_says_which_budget_refused(db: TestDatabase) -> Result<()> {
    let acme = db.tenant_with_budget("acme", usd("10")).await?;
    db.set_scope(&acme, &workspace(), &limited_to("0.1"))
        .await?;
    let opened = db
        .store
        .open_run(db.make.opening(&acme, usd("0.3")))
        .await?;
    let Opening::Denied(decision) = opened else {
        bail!("not denied: {opened:?}");
    };
    let inputs: serde_json::Value = serde_json::from_str(decision.inputs.as_str())?;
    assert_eq!(inputs["refused_by"], "workspace:support");
    let known: Vec<_> = inputs["budgets"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|budget| budget["scope"].clone())
        .collect();
    assert_eq!(known, ["tenant", "workspace:support"]);
    db.ensure_whole().await
}

async fn an_extension_is_held_by_every_budget_or_by_none(db: TestDatabase) -> Result<()> {
    let acme = db.tenant("acme").await?;
    db.set_scope(&acme, &workspace(), &limited_to("1")).await?;
    db.set_scope(&acme, &session(), &limited_to("0.6")).await?;
    let (run, _) = db.admit(&acme, usd("0.5")).await?;
    let small = db.make.extension(&run, usd("0.1"));
    assert_eq!(
        db.store.extend_hold(small).await?,
        Extension::Held(usd("0.1"))
    );
    let large = db.make.extension(&run, usd("0.1"));
    let refused = db.store.extend_hold(large).await?;
    assert!(matches!(refused, Extension::Refused(_)), "{refused:?}");
    for part in [workspace(), session()] {
        assert_eq!(
            db.scope_budget(&acme, &part).await?.held,
            usd("0.6"),
            "{part}"
        );
    }
    db.ensure_whole().await
}

async fn a_run_whose_process_died_leaves_nothing_held_in_any_budget(
    db: TestDatabase,
) -> Result<()> {
    let acme = db.tenant_with_budget("acme", usd("10")).await?;
    for part in [workspace(), agent(), session()] {
        db.set_scope(&acme, &part, &limited_to("5")).await?;
    }
    for _ in 0..5 {
        db.admit(&acme, usd("0.5")).await?;
    }
    db.ensure_whole().await?;
    let other = InstanceId::generate(db.make.ids());
    let orphans = db.store.orphaned_runs(other, db.make.now(), 10).await?;
    assert_eq!(orphans.len(), 5);
    let template = db.make.opening(&acme, usd("0.5"));
    for orphan in orphans {
        let mut end = db.make.settlement(&template, Charge::Estimated);
        (end.execution, end.trace) = (orphan.execution, orphan.draft);
        end.end = RunEnd::Recovered;
        let settled = db.store.settle_run(end).await?;
        assert_eq!(settled, Settled::Charged(usd("0.5")));
    }
    let spent = usd("2.5");
    for part in [workspace(), agent(), session()] {
        let budget = db.scope_budget(&acme, &part).await?;
        assert_eq!((budget.spent, budget.held), (spent, Usd::ZERO), "{part}");
    }
    let usage = db.account(&acme).await?.usage;
    assert_eq!((usage.cost, usage.held), (spent, Usd::ZERO));
    db.ensure_whole().await
}

async fn a_budget_that_comes_later_holds_what_is_open_already(db: TestDatabase) -> Result<()> {
    let acme = db.tenant("acme").await?;
    let globex = db.tenant("globex").await?;
    db.admit(&globex, usd("0.7")).await?;
    let (run, _) = db.admit(&acme, usd("0.5")).await?;
    db.admit(&acme, usd("0.25")).await?;
    db.set_scope(&acme, &workspace(), &limited_to("1")).await?;
    let elsewhere = BudgetScope::Workspace(WorkspaceId::new("sales")?);
    db.set_scope(&acme, &elsewhere, &limited_to("1")).await?;
    assert_eq!(
        db.scope_budget(&acme, &workspace()).await?.held,
        usd("0.75")
    );
    assert_eq!(db.scope_budget(&acme, &elsewhere).await?.held, Usd::ZERO);
    db.ensure_whole().await?;
    let end = db.make.settlement(&run, Charge::Actual(usd("0.2")));
    db.store.settle_run(end).await?;
    let budget = db.scope_budget(&acme, &workspace()).await?;
    assert_eq!((budget.spent, budget.held), (usd("0.2"), usd("0.25")));
    db.ensure_whole().await
}

async fn a_budget_of_one_run_stops_it_from_taking_more(db: TestDatabase) -> Result<()> {
    let acme = db.tenant("acme").await?;
    let (run, _) = db.admit(&acme, usd("0.5")).await?;
    let own = BudgetScope::Run(run.execution);
    db.set_scope(&acme, &own, &limited_to("0.5")).await?;
    assert_eq!(db.scope_budget(&acme, &own).await?.held, usd("0.5"));
    let more = db
        .store
        .extend_hold(db.make.extension(&run, usd("0.1")))
        .await?;
    assert!(matches!(more, Extension::Refused(_)), "{more:?}");
    db.admit(&acme, usd("0.6")).await?;
    db.ensure_whole().await
}

async fn each_budget_warns_once_per_line_for_itself(db: TestDatabase) -> Result<()> {
    let acme = db.tenant_with_budget("acme", usd("100")).await?;
    let soft = BudgetSettings {
        hard_limit: false,
        ..limited_to("1")
    };
    db.set_scope(&acme, &workspace(), &soft).await?;
    db.set_scope(&acme, &session(), &limited_to("2")).await?;
    for (cost, expected) in [
        ("0.79", (0, 0)),
        ("0.01", (1, 0)),
        ("0.3", (1, 1)),
        ("0.5", (2, 1)),
    ] {
        spend(&db, &acme, usd(cost)).await?;
        let alerts = (
            entries_of(&db, &acme, AuditEvent::BudgetWarning).await?,
            entries_of(&db, &acme, AuditEvent::BudgetExceeded).await?,
        );
        assert_eq!(alerts, expected, "after {cost} more");
    }
    db.ensure_whole().await
}

async fn a_month_of_a_part_that_ended_is_closed_by_the_next_run(db: TestDatabase) -> Result<()> {
    let acme = db.tenant_with_budget("acme", usd("10")).await?;
    db.set_scope(&acme, &workspace(), &limited_to("1")).await?;
    db.set_scope(&acme, &session(), &limited_to("5")).await?;
    spend(&db, &acme, usd("0.9")).await?;
    db.make.clock.advance(TimeDelta::days(31));
    let (run, _) = db.admit(&acme, usd("0.9")).await?;
    let month = db.scope_budget(&acme, &workspace()).await?;
    assert_eq!((month.spent, month.held), (Usd::ZERO, usd("0.9")));
    db.ensure_whole().await?;
    db.make.clock.advance(TimeDelta::days(31));
    let end = db.make.settlement(&run, Charge::Actual(usd("0.4")));
    db.store.settle_run(end).await?;
    let month = db.scope_budget(&acme, &workspace()).await?;
    assert_eq!((month.spent, month.held), (usd("0.4"), Usd::ZERO));
    assert!(month.period.start <= db.make.now() && db.make.now() < month.period.end);
    let life = db.scope_budget(&acme, &session()).await?;
    assert_eq!(life.spent, usd("1.3"), "a session has no months");
    let closed = entries_of(&db, &acme, AuditEvent::BudgetRolledOver).await?;
    assert_eq!(closed, 4, "two of the tenant's, two of the workspace's");
    db.ensure_whole().await
}

async fn budgets_of_parts_are_listed_page_by_page_and_by_tenant(db: TestDatabase) -> Result<()> {
    let acme = db.tenant("acme").await?;
    let globex = db.tenant("globex").await?;
    db.set_scope(&globex, &workspace(), &limited_to("1"))
        .await?;
    for n in 0..5 {
        let part = BudgetScope::Agent(AgentId::new(&format!("agent-{n}"))?);
        db.set_scope(&acme, &part, &limited_to("1")).await?;
    }
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = db.store.list_scopes(&acme, after.as_ref(), 2).await?;
        assert!(page.items.len() <= 2);
        seen.extend(
            page.items
                .into_iter()
                .map(|scoped| scoped.scope.to_string()),
        );
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    let expected: Vec<_> = (0..5).map(|n| format!("agent:agent-{n}")).collect();
    assert_eq!(seen, expected);
    let foreign = db.store.find_scopes(&acme, &[workspace()]).await?;
    assert!(foreign.is_empty(), "{foreign:?}");
    Ok(())
}

async fn a_changed_budget_keeps_what_was_spent_and_what_is_held(db: TestDatabase) -> Result<()> {
    let acme = db.tenant("acme").await?;
    db.set_scope(&acme, &workspace(), &limited_to("1")).await?;
    spend(&db, &acme, usd("0.3")).await?;
    db.admit(&acme, usd("0.2")).await?;
    db.set_scope(&acme, &workspace(), &limited_to("7")).await?;
    let budget = db.scope_budget(&acme, &workspace()).await?;
    assert_eq!(
        (budget.limit, budget.spent, budget.held),
        (usd("7"), usd("0.3"), usd("0.2"))
    );
    assert_eq!(entries_of(&db, &acme, AuditEvent::BudgetChanged).await?, 2);
    db.ensure_whole().await
}
