//! Calls of tools within executions: what is granted, and what each token is good for.

use anyhow::{Context, Result};
use chrono::TimeDelta;
use clasper_core::{AdapterId, AuditEvent, ExecutionKey, Role, TenantScope};
use clasper_delegated::execution::{Execution, ExecutionStatus};
use clasper_delegated::tool::{ToolRefusal, ToolState};
use clasper_delegated::{AdapterCaller, Error, ToolAnswer, ToolRequest, ToolUse};
use clasper_testkit::{TestDatabase, both, usd};
use futures::future::join_all;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value, json};

use crate::replica::{
    Replica, adapter, approve, ask, asked, governed, person, replica, request, rule,
};
use crate::support::entries_of;

both!(
    a_token_is_used_once_under_a_storm_whatever_replica_is_asked,
    a_token_is_good_for_what_it_was_given_for_and_nothing_else,
    a_call_is_refused_without_a_live_grant_that_names_it,
    a_call_is_decided_by_what_is_in_force_now,
    a_grant_has_no_more_calls_than_steps,
    an_approval_covers_the_tool_that_it_was_given_for
);

pub(crate) async fn allowed(
    replica: &Replica,
    scope: &TenantScope,
    key: &str,
) -> Result<Execution> {
    let execution = asked(replica, scope, key, "read").await?.execution;
    assert_eq!(execution.status, ExecutionStatus::Allowed);
    Ok(execution)
}

pub(crate) fn call(key: &str, tool: &str) -> ToolRequest {
    ToolRequest {
        adapter: None,
        key: ExecutionKey::new(key).expect("a name"),
        tool: tool.to_owned(),
        tool_group: None,
        scope: None,
        environment: None,
        skill_state: None,
        adapter_risk_class: None,
    }
}

fn scoped(path: &str) -> Map<String, Value> {
    match json!({"path": path, "max_steps": 1}) {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

pub(crate) fn token(answer: &ToolAnswer) -> Result<SecretString> {
    answer.verdict.token.clone().context("no token was given")
}

pub(crate) fn using(key: &str, tool: &str, token: &SecretString) -> ToolUse {
    ToolUse {
        adapter: None,
        key: ExecutionKey::new(key).expect("a name"),
        tool: tool.to_owned(),
        token: token.clone(),
        scope: None,
    }
}

pub(crate) async fn authorized(
    replica: &Replica,
    scope: &TenantScope,
    request: ToolRequest,
) -> Result<ToolAnswer> {
    Ok(replica
        .executions
        .authorize_tool(&adapter(scope), request)
        .await?)
}

/// The reason of a refusal.
pub(crate) async fn refused(
    replica: &Replica,
    scope: &TenantScope,
    request: ToolRequest,
) -> Result<String> {
    let answer = authorized(replica, scope, request).await?;
    assert!(answer.verdict.token.is_none(), "{answer:?}");
    assert_eq!(answer.verdict.authorization.state, ToolState::Denied);
    Ok(answer.verdict.authorization.reason)
}

async fn a_token_is_used_once_under_a_storm_whatever_replica_is_asked(
    db: TestDatabase,
) -> Result<()> {
    let scope = db.tenant_with_budget("acme", usd("1")).await?;
    let here = governed(&db, &scope).await?;
    let there = replica(&db.store, &here.clock)?;
    allowed(&here, &scope, "one").await?;
    let answer = authorized(&here, &scope, call("one", "read")).await?;
    let token = token(&answer)?;
    let caller = adapter(&scope);
    let uses = (0..16).map(|n| {
        let replica = if n % 2 == 0 { &here } else { &there };
        replica
            .executions
            .consume_tool(&caller, using("one", "read", &token))
    });
    let answers = join_all(uses).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    let is_used =
        |result: &Result<_, Error>| matches!(result, Err(Error::Tool(ToolRefusal::Used)) | Ok(_));
    assert!(answers.iter().all(is_used), "{answers:?}");
    assert_eq!(
        entries_of(&db, &scope, AuditEvent::ToolTokenConsumed).await?,
        1
    );
    db.ensure_whole().await
}

async fn a_token_is_good_for_what_it_was_given_for_and_nothing_else(
    db: TestDatabase,
) -> Result<()> {
    let scope = db.tenant("acme").await?;
    let replica = governed(&db, &scope).await?;
    for key in ["one", "two"] {
        allowed(&replica, &scope, key).await?;
    }
    let request = ToolRequest {
        scope: Some(scoped("/work/a.md")),
        ..call("one", "read")
    };
    let token = token(&authorized(&replica, &scope, request).await?)?;
    let mut other = adapter(&scope);
    other.principal.adapter = AdapterId::new("another")?;
    let own = adapter(&scope);
    let wrong_scope = ToolUse {
        scope: Some(scoped("/etc/passwd")),
        ..using("one", "read", &token)
    };
    let altered = SecretString::from(format!("{}x", token.expose_secret()));
    let tries: [(&AdapterCaller, ToolUse, ToolRefusal); 5] = [
        (
            &own,
            using("one", "exec", &token),
            ToolRefusal::Other("tool"),
        ),
        (
            &own,
            using("two", "read", &token),
            ToolRefusal::Other("execution"),
        ),
        (
            &other,
            using("one", "read", &token),
            ToolRefusal::Other("adapter"),
        ),
        (&own, wrong_scope, ToolRefusal::Other("scope")),
        (&own, using("one", "read", &altered), ToolRefusal::Invalid),
    ];
    for (caller, wanted, refusal) in tries {
        let refused = replica.executions.consume_tool(caller, wanted).await;
        let is_it = matches!(&refused, Err(Error::Tool(found)) if *found == refusal);
        assert!(is_it, "{refusal:?}: {refused:?}");
    }
    replica.clock.advance(TimeDelta::seconds(30));
    let late = replica
        .executions
        .consume_tool(&own, using("one", "read", &token))
        .await;
    assert!(
        matches!(late, Err(Error::Tool(ToolRefusal::Expired))),
        "{late:?}"
    );
    assert_eq!(
        entries_of(&db, &scope, AuditEvent::ToolTokenConsumed).await?,
        0
    );
    db.ensure_whole().await
}

async fn a_call_is_refused_without_a_live_grant_that_names_it(db: TestDatabase) -> Result<()> {
    let scope = db.tenant("acme").await?;
    let replica = governed(&db, &scope).await?;
    let unknown = replica
        .executions
        .authorize_tool(&adapter(&scope), call("none", "read"))
        .await;
    assert!(matches!(unknown, Err(Error::NotFound(_))), "{unknown:?}");
    asked(&replica, &scope, "pending", "exec").await?;
    let pending = refused(&replica, &scope, call("pending", "exec")).await?;
    assert_eq!(pending, "no_live_grant");
    allowed(&replica, &scope, "one").await?;
    assert_eq!(
        refused(&replica, &scope, call("one", "exec")).await?,
        "not_in_grant"
    );
    replica.clock.advance(TimeDelta::minutes(16));
    assert_eq!(
        refused(&replica, &scope, call("one", "read")).await?,
        "no_live_grant"
    );
    assert_eq!(
        entries_of(&db, &scope, AuditEvent::ToolAuthorizationDenied).await?,
        3
    );
    replica.executions.lapse_tools().await?;
    db.ensure_whole().await
}

async fn a_call_is_decided_by_what_is_in_force_now(db: TestDatabase) -> Result<()> {
    let scope = db.tenant_with_budget("acme", usd("1")).await?;
    let replica = governed(&db, &scope).await?;
    allowed(&replica, &scope, "one").await?;
    let greedy = ToolRequest {
        scope: match json!({"max_cost": "0.11"}) {
            Value::Object(members) => Some(members),
            _ => None,
        },
        ..call("one", "read")
    };
    assert_eq!(
        refused(&replica, &scope, greedy).await?,
        "scope_exceeds_grant"
    );
    let admin = person(&scope, "root", Role::Admin);
    for (decision, reason) in [
        ("deny", "policy_denied"),
        ("require_approval", "policy_requires_approval"),
    ] {
        replica
            .policies
            .edit(&admin, &rule("allow-read", "read", decision))
            .await?;
        assert_eq!(
            refused(&replica, &scope, call("one", "read")).await?,
            reason
        );
    }
    replica
        .policies
        .edit(&admin, &rule("allow-read", "read", "allow"))
        .await?;
    assert!(
        authorized(&replica, &scope, call("one", "read"))
            .await?
            .verdict
            .token
            .is_some()
    );
    let off = clasper_delegated::adapter::AdapterChange {
        enabled: Some(false),
        ..Default::default()
    };
    replica
        .adapters
        .manage(&admin, &AdapterId::new("openclaw")?, off)
        .await?;
    let disabled = replica
        .executions
        .authorize_tool(&adapter(&scope), call("one", "read"))
        .await;
    assert!(matches!(disabled, Err(Error::Disabled)), "{disabled:?}");
    db.ensure_whole().await
}

async fn a_grant_has_no_more_calls_than_steps(db: TestDatabase) -> Result<()> {
    let scope = db.tenant("acme").await?;
    let replica = governed(&db, &scope).await?;
    let mut two_steps = ask("read", "0");
    two_steps.max_steps = Some(2);
    replica
        .executions
        .request(&adapter(&scope), request("one", two_steps))
        .await?;
    let calls = (0..8).map(|_| authorized(&replica, &scope, call("one", "read")));
    let answers = join_all(calls)
        .await
        .into_iter()
        .collect::<Result<Vec<_>>>()?;
    let granted = answers
        .iter()
        .filter(|answer| answer.verdict.token.is_some());
    assert_eq!(granted.count(), 2);
    let is_counted = |answer: &&ToolAnswer| answer.verdict.authorization.reason == "step_limit";
    assert_eq!(answers.iter().filter(is_counted).count(), 6);
    db.ensure_whole().await
}

async fn an_approval_covers_the_tool_that_it_was_given_for(db: TestDatabase) -> Result<()> {
    let scope = db.tenant("acme").await?;
    let replica = governed(&db, &scope).await?;
    let mut both = ask("exec", "0");
    both.claims.requested_capabilities.push("read".to_owned());
    let pending = replica
        .executions
        .request(&adapter(&scope), request("one", both.clone()))
        .await?;
    let admin = person(&scope, "root", Role::Admin);
    replica
        .executions
        .resolve(&admin, approve(&pending))
        .await?;
    // Approved is not claimed.
    assert_eq!(
        refused(&replica, &scope, call("one", "exec")).await?,
        "no_live_grant"
    );
    replica
        .executions
        .request(&adapter(&scope), request("one", both))
        .await?;
    assert!(
        authorized(&replica, &scope, call("one", "exec"))
            .await?
            .verdict
            .token
            .is_some()
    );
    assert!(
        authorized(&replica, &scope, call("one", "read"))
            .await?
            .verdict
            .token
            .is_some()
    );
    replica
        .policies
        .edit(&admin, &rule("allow-read", "read", "require_approval"))
        .await?;
    let other = refused(&replica, &scope, call("one", "read")).await?;
    assert_eq!(other, "policy_requires_approval");
    db.ensure_whole().await
}
