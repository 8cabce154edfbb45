//! Executions from decision to claim, through the services that users call.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, ensure};
use chrono::TimeDelta;
use clasper_core::{
    AdapterId, Caller, Credential, ExecutionKey, ManualClock, Principal, Role, Seal, Sha256Digest,
    SystemIds, TenantScope, TraceId, UserId, WorkspaceId,
};
use clasper_delegated::adapter::{AdapterRegistry, Registration};
use clasper_delegated::execution::{ExecutionAsk, ExecutionStatus};
use clasper_delegated::{
    AdapterCaller, Answer, CallbackCheck, CallbackRefused, Error, ExecutionConfig, ExecutionDeps,
    ExecutionRequest, Executions, ResolveRequest, Workspaces,
};
use clasper_governance::approval::Verdict;
use clasper_governance::risk::AdapterRiskClass;
use clasper_identity::AdapterPrincipal;
use clasper_policy::{BundleScope, Policies, PolicyEdit, PolicySource, RequestClaims, pack};
use clasper_redaction::Redactor;
use clasper_store::Store;
use clasper_testkit::{TestDatabase, both, usd};
use futures::future::join_all;
use serde_json::json;

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

/// Keeps what it is given: the tests look at what is stored elsewhere.
struct Plain;

impl Seal for Plain {
    fn seal(&self, context: &[u8], plain: &[u8]) -> Vec<u8> {
        [Sha256Digest::of(context).as_bytes().as_slice(), plain].concat()
    }

    fn open(&self, context: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let (seal, plain) = sealed.split_at_checked(32)?;
        (seal == Sha256Digest::of(context).as_bytes()).then(|| plain.to_vec())
    }
}

struct Nowhere;

impl Workspaces for Nowhere {
    fn root(&self, _: &clasper_core::TenantId, _: &WorkspaceId) -> Option<String> {
        Some("/work".to_owned())
    }
}

impl CallbackCheck for Nowhere {
    fn check(&self, url: &str) -> Result<String, CallbackRefused> {
        Ok(url.to_owned())
    }
}

/// One replica: services over a store.
struct Replica {
    executions: Executions,
    policies: Policies,
    adapters: AdapterRegistry,
    clock: Arc<ManualClock>,
}

fn replica(store: &Store, clock: &Arc<ManualClock>) -> Result<Replica> {
    let store = Arc::new(store.clone());
    let ids = Arc::new(SystemIds);
    let base = pack("clasper-base").expect("a pack that ships");
    let base = base.to_bundle(BundleScope::default());
    let policies = Policies::new(store.clone(), &base, clock.clone(), ids.clone())?;
    let adapters = AdapterRegistry::new(store.clone(), clock.clone(), ids.clone());
    let executions = Executions::new(
        ExecutionDeps {
            executions: store,
            adapters: adapters.clone(),
            policies: policies.clone(),
            workspaces: Arc::new(Nowhere),
            callbacks: Arc::new(Nowhere),
            redactor: Redactor::standard(),
            seal: Arc::new(Plain),
            clock: clock.clone(),
            ids,
        },
        ExecutionConfig::default(),
    );
    Ok(Replica {
        executions,
        policies,
        adapters,
        clock: Arc::clone(clock),
    })
}

fn trace() -> TraceId {
    TraceId::generate(&SystemIds)
}

fn adapter(scope: &TenantScope) -> AdapterCaller {
    AdapterCaller {
        principal: AdapterPrincipal {
            tenant: scope.tenant().clone(),
            workspace: WorkspaceId::new("main").expect("a name"),
            adapter: AdapterId::new("openclaw").expect("a name"),
            capabilities: vec!["exec".to_owned(), "read".to_owned()],
            credential: Credential::AdapterToken(Sha256Digest::of(b"token")),
        },
        trace: trace(),
    }
}

fn person(scope: &TenantScope, name: &str, role: Role) -> Caller {
    Caller {
        principal: Principal {
            tenant: scope.tenant().clone(),
            user: Some(UserId::new(name).expect("a name")),
            permissions: role.permissions(),
            credential: Credential::TenantToken(Sha256Digest::of(name.as_bytes())),
            allowed_tools: None,
        },
        trace: trace(),
    }
}

fn ask(tool: &str, cost: &str) -> ExecutionAsk {
    ExecutionAsk {
        adapter: AdapterId::new("openclaw").expect("a name"),
        workspace: WorkspaceId::new("main").expect("a name"),
        environment: None,
        session: None,
        claims: RequestClaims {
            tool: Some(tool.to_owned()),
            requested_capabilities: vec![tool.to_owned()],
            ..RequestClaims::default()
        },
        risk: clasper_governance::risk::CallerClaims::default(),
        max_steps: None,
        max_cost_usd: Some(usd(cost)),
        estimated_cost_usd: None,
    }
}

fn request(key: &str, ask: ExecutionAsk) -> ExecutionRequest {
    ExecutionRequest {
        key: Some(ExecutionKey::new(key).expect("a name")),
        ask,
        tenant: None,
        workspace: None,
        callback_url: None,
    }
}

fn rule(id: &str, tool: &str, decision: &str) -> PolicyEdit {
    PolicyEdit::Put(PolicySource::Rule {
        policy_id: id.to_owned(),
        version: 0,
        rule: json!({
            "policy_id": id,
            "subject": {"type": "tool", "name": tool},
            "effect": {"decision": decision},
            "precedence": 10,
        }),
    })
}

/// A tenant with a registered adapter whose `read` is allowed and whose `exec` waits for people.
async fn governed(db: &TestDatabase, scope: &TenantScope) -> Result<Replica> {
    let clock = Arc::new(ManualClock::at(db.make.now()));
    let replica = replica(&db.store, &clock)?;
    let admin = person(scope, "root", Role::Admin);
    for (id, tool, decision) in [
        ("allow-read", "read", "allow"),
        ("ask-exec", "exec", "require_approval"),
    ] {
        replica
            .policies
            .edit(&admin, &rule(id, tool, decision))
            .await?;
    }
    replica
        .adapters
        .register(
            &adapter(scope),
            &Registration {
                display_name: "OpenClaw".to_owned(),
                version: "1".to_owned(),
                risk_class: AdapterRiskClass::Low,
                capabilities: vec!["exec".to_owned(), "read".to_owned()],
                tool_capabilities: Vec::new(),
                enabled: true,
            },
        )
        .await?;
    Ok(replica)
}

async fn asked(replica: &Replica, scope: &TenantScope, key: &str, tool: &str) -> Result<Answer> {
    let request = request(key, ask(tool, "0.10"));
    Ok(replica.executions.request(&adapter(scope), request).await?)
}

fn approve(answer: &Answer) -> ResolveRequest {
    ResolveRequest {
        decision: answer.execution.decision,
        verdict: Some(Verdict::Approve),
        note: Some("looks right".to_owned()),
        edited: None,
        expected_revision: None,
    }
}

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
    let claims = (0..12).map(|_| replica.executions.consume(&caller, decision));
    let claimed = join_all(claims).await;
    assert_eq!(claimed.iter().filter(|result| result.is_ok()).count(), 1);
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
    let claimed = replica
        .executions
        .consume(&adapter(&scope), pending.execution.decision)
        .await;
    assert!(matches!(claimed, Err(Error::Claim(_))), "{claimed:?}");
    db.ensure_whole().await
}
