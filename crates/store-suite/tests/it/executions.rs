//! Executions from decision to claim, through the services that users call.

use std::time::Duration;

use anyhow::{Result, ensure};
use chrono::TimeDelta;
use clasper_core::{Caller, ExecutionKey, Role};
use clasper_delegated::Error;
use clasper_delegated::execution::ExecutionStatus;
use clasper_testkit::{TestDatabase, both, usd};
use futures::future::join_all;

use crate::replica::{adapter, approve, ask, asked, governed, person, replica, request, rule};

both!(
    an_allowed_execution_holds_money_until_its_grant_lapses,
    the_same_request_again_gets_the_same_decision,
    other_arguments_under_the_same_key_are_refused,
    an_approval_is_resolved_once_and_its_grant_claimed_once_under_a_storm,
    a_policy_put_in_force_by_one_replica_decides_the_next_request_of_another,
    an_approval_that_nobody_answers_expires,
    a_hard_budget_is_never_exceeded_by_executions_that_come_together,
    nobody_resolves_what_they_asked_for_and_no_role_below_the_required_one_does,
    a_policy_that_changes_after_the_approval_stops_the_claim
);

async fn an_allowed_execution_holds_money_until_its_grant_lapses(db: TestDatabase) -> Result<()> {
    let scope = db.tenant_with_budget("acme", usd("1")).await?;
    let replica = governed(&db, &scope).await?;
    let answer = asked(&replica, &scope, "one", "read").await?;
    assert_eq!(answer.execution.status, ExecutionStatus::Allowed);
    assert_eq!(answer.execution.hold, usd("0.10"));
    assert_eq!(
        db.account(&scope).await?.budget.expect("set").held,
        usd("0.10")
    );
    db.ensure_whole().await?;
    replica.clock.advance(TimeDelta::minutes(16));
    assert_eq!(replica.executions.settle_due().await?, 1);
    assert_eq!(replica.executions.settle_due().await?, 0);
    assert_eq!(
        db.account(&scope).await?.budget.expect("set").held,
        usd("0")
    );
    db.ensure_whole().await
}

async fn the_same_request_again_gets_the_same_decision(db: TestDatabase) -> Result<()> {
    let scope = db.tenant_with_budget("acme", usd("1")).await?;
    let replica = governed(&db, &scope).await?;
    for tool in ["read", "exec"] {
        let again = join_all((0..16).map(|_| asked(&replica, &scope, tool, tool))).await;
        let answers = again.into_iter().collect::<Result<Vec<_>>>()?;
        let first = answers.iter().filter(|answer| !answer.is_replay).count();
        assert_eq!(first, 1, "{tool} was decided more than once");
        let decision = answers[0].execution.decision;
        assert!(
            answers
                .iter()
                .all(|answer| answer.execution.decision == decision)
        );
    }
    assert_eq!(
        db.account(&scope).await?.budget.expect("set").held,
        usd("0.10")
    );
    db.ensure_whole().await
}

async fn other_arguments_under_the_same_key_are_refused(db: TestDatabase) -> Result<()> {
    let scope = db.tenant("acme").await?;
    let replica = governed(&db, &scope).await?;
    let first = asked(&replica, &scope, "one", "exec").await?;
    replica
        .executions
        .resolve(&person(&scope, "ops", Role::Admin), approve(&first))
        .await?;
    let before = db.row_counts().await?;
    let mut swapped = ask("exec", "0.10");
    swapped.claims.context.exec.argv0 = Some("rm".to_owned());
    let swapped = request("one", swapped);
    let refused = replica.executions.request(&adapter(&scope), swapped).await;
    assert!(matches!(refused, Err(Error::KeyReused)), "{refused:?}");
    assert_eq!(db.row_counts().await?, before);
    let claimed = asked(&replica, &scope, "one", "exec").await?;
    assert_eq!(claimed.execution.status, ExecutionStatus::Claimed);
    assert!(!claimed.is_replay);
    db.ensure_whole().await
}

async fn an_approval_is_resolved_once_and_its_grant_claimed_once_under_a_storm(
    db: TestDatabase,
) -> Result<()> {
    let scope = db.tenant_with_budget("acme", usd("1")).await?;
    let replica = governed(&db, &scope).await?;
    let pending = asked(&replica, &scope, "one", "exec").await?;
    assert_eq!(pending.execution.status, ExecutionStatus::Pending);
    let operators: Vec<Caller> = (0..12)
        .map(|n| person(&scope, &format!("ops-{n}"), Role::Admin))
        .collect();
    let votes = operators
        .iter()
        .map(|operator| replica.executions.resolve(operator, approve(&pending)));
    let resolved = join_all(votes).await;
    assert_eq!(resolved.iter().filter(|result| result.is_ok()).count(), 1);
    let caller = adapter(&scope);
    let decision = pending.execution.decision;
    let approved = replica.executions.own_decision(&caller, decision).await?;
    let token = replica.executions.decision_token(&approved);
    assert!(token.is_some(), "no token was issued");
    // One grant, two doors: the decision token and the request sent again.
    let claims = (0..12).map(|n| {
        let (replica, caller, scope, token) = (&replica, &caller, &scope, token.as_ref());
        async move {
            if n % 2 == 0 {
                let claimed = replica.executions.consume(caller, decision, token).await;
                claimed.is_ok()
            } else {
                let again = asked(replica, scope, "one", "exec").await;
                again.is_ok_and(|answer| !answer.is_replay)
            }
        }
    });
    let claimed = join_all(claims).await;
    assert_eq!(claimed.iter().filter(|won| **won).count(), 1, "{claimed:?}");
    assert_eq!(
        db.account(&scope).await?.budget.expect("set").held,
        usd("0.10")
    );
    db.ensure_whole().await
}

async fn a_policy_put_in_force_by_one_replica_decides_the_next_request_of_another(
    db: TestDatabase,
) -> Result<()> {
    let scope = db.tenant("acme").await?;
    let here = governed(&db, &scope).await?;
    assert!(
        asked(&here, &scope, "one", "read")
            .await?
            .execution
            .grant
            .is_some()
    );
    let there = replica(&db.store, &here.clock)?;
    let admin = person(&scope, "root", Role::Admin);
    there
        .policies
        .edit(&admin, &rule("allow-read", "read", "deny"))
        .await?;
    // No time has passed, so the first replica still holds the old policies; the store notices.
    let after = asked(&here, &scope, "two", "read").await?;
    assert_eq!(after.execution.status, ExecutionStatus::Denied);
    db.ensure_whole().await
}

async fn an_approval_that_nobody_answers_expires(db: TestDatabase) -> Result<()> {
    let scope = db.tenant("acme").await?;
    let replica = governed(&db, &scope).await?;
    let pending = asked(&replica, &scope, "one", "exec").await?;
    replica.clock.advance(TimeDelta::minutes(61));
    let late = replica
        .executions
        .resolve(&person(&scope, "ops", Role::Admin), approve(&pending))
        .await;
    assert!(late.is_err(), "an expired decision was approved");
    assert_eq!(replica.executions.settle_due().await?, 1);
    let key = ExecutionKey::new("one").expect("a name");
    let now = replica
        .executions
        .by_key(&adapter(&scope), &key, Duration::ZERO)
        .await?;
    assert_eq!(now.status, ExecutionStatus::Expired);
    db.ensure_whole().await
}

async fn a_hard_budget_is_never_exceeded_by_executions_that_come_together(
    db: TestDatabase,
) -> Result<()> {
    let scope = db.tenant_with_budget("acme", usd("1")).await?;
    let replica = governed(&db, &scope).await?;
    let keys: Vec<String> = (0..20).map(|n| format!("key-{n}")).collect();
    let caller = adapter(&scope);
    let answers = join_all(keys.iter().map(|key| {
        let request = request(key, ask("read", "0.90"));
        replica.executions.request(&caller, request)
    }))
    .await;
    let answers = answers.into_iter().collect::<Result<Vec<_>, _>>()?;
    let allowed = answers
        .iter()
        .filter(|answer| answer.execution.status == ExecutionStatus::Allowed);
    assert_eq!(allowed.count(), 1);
    assert_eq!(
        db.account(&scope).await?.budget.expect("set").held,
        usd("0.90")
    );
    db.ensure_whole().await
}

async fn nobody_resolves_what_they_asked_for_and_no_role_below_the_required_one_does(
    db: TestDatabase,
) -> Result<()> {
    let scope = db.tenant("acme").await?;
    let replica = governed(&db, &scope).await?;
    let pending = asked(&replica, &scope, "one", "exec").await?;
    let own = adapter(&scope).caller();
    let viewer = person(&scope, "eve", Role::Viewer);
    let operator = person(&scope, "olga", Role::Operator);
    for caller in [own, viewer, operator] {
        let refused = replica.executions.resolve(&caller, approve(&pending)).await;
        assert!(refused.is_err(), "{:?} resolved it", caller.principal);
    }
    let other = db.tenant("other").await?;
    let stranger = person(&other, "mallory", Role::Admin);
    let refused = replica
        .executions
        .resolve(&stranger, approve(&pending))
        .await;
    assert!(matches!(refused, Err(Error::NotFound(_))), "{refused:?}");
    let manager = person(&scope, "mia", Role::ReleaseManager);
    let resolved = replica
        .executions
        .resolve(&manager, approve(&pending))
        .await?;
    assert_eq!(resolved.status, ExecutionStatus::Approved);
    db.ensure_whole().await
}

async fn a_policy_that_changes_after_the_approval_stops_the_claim(db: TestDatabase) -> Result<()> {
    let scope = db.tenant("acme").await?;
    let replica = governed(&db, &scope).await?;
    let pending = asked(&replica, &scope, "one", "exec").await?;
    let admin = person(&scope, "root", Role::Admin);
    replica
        .executions
        .resolve(&admin, approve(&pending))
        .await?;
    replica
        .policies
        .edit(&admin, &rule("ask-exec", "exec", "deny"))
        .await?;
    let answer = asked(&replica, &scope, "one", "exec").await?;
    ensure!(answer.refusal.is_some(), "it was claimed: {answer:?}");
    let caller = adapter(&scope);
    let decision = pending.execution.decision;
    let approved = replica.executions.own_decision(&caller, decision).await?;
    let token = replica.executions.decision_token(&approved);
    let claimed = replica
        .executions
        .consume(&caller, decision, token.as_ref())
        .await;
    assert!(matches!(claimed, Err(Error::Claim(_))), "{claimed:?}");
    db.ensure_whole().await
}
