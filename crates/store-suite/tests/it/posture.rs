//! Whether an adapter is governed is found out by asking for what must be denied.

use anyhow::Result;
use chrono::TimeDelta;
use clasper_core::{Role, TenantScope};
use clasper_delegated::adapter::PROBE_TOOL;
use clasper_delegated::execution::ExecutionStatus;
use clasper_delegated::{EnforcementStatus, Error, GovernanceMode, PostureReason};
use clasper_policy::{PolicyEdit, PolicySource};
use clasper_testkit::{TestDatabase, both};
use serde_json::json;

use crate::replica::{Replica, adapter, ask, asked, governed, person, request, rule};

both!(
    only_a_canary_that_was_denied_lately_says_that_an_adapter_is_governed,
    a_rule_that_allows_anything_is_no_enforcement,
    nobody_is_asked_to_approve_a_canary,
    names_of_clasper_s_own_are_for_the_canary_alone
);

/// A rule for any tool.
fn fallback(decision: &str) -> PolicyEdit {
    PolicyEdit::Put(PolicySource::Rule {
        policy_id: "fallback".to_owned(),
        version: 0,
        rule: json!({
            "policy_id": "fallback", "subject": {"type": "tool"}, "effect": {"decision": decision}, "precedence": -10,
        }),
    })
}

async fn canary(replica: &Replica, scope: &TenantScope, key: &str) -> Result<ExecutionStatus> {
    Ok(asked(replica, scope, key, PROBE_TOOL)
        .await?
        .execution
        .status)
}

async fn stands(
    replica: &Replica,
    scope: &TenantScope,
) -> Result<(EnforcementStatus, Vec<PostureReason>)> {
    let found = replica.executions.posture(&adapter(scope)).await?;
    Ok((found.status, found.reasons))
}

async fn only_a_canary_that_was_denied_lately_says_that_an_adapter_is_governed(
    db: TestDatabase,
) -> Result<()> {
    use EnforcementStatus::{Degraded, Enforced};
    let scope = db.tenant("acme").await?;
    let replica = governed(&db, &scope).await?;
    // Registered, and that is all.
    let none = stands(&replica, &scope).await?;
    assert_eq!(none, (Degraded, vec![PostureReason::NoCanary]));
    assert_eq!(
        canary(&replica, &scope, "c1").await?,
        ExecutionStatus::Denied
    );
    assert_eq!(stands(&replica, &scope).await?, (Enforced, Vec::new()));
    let found = replica.executions.posture(&adapter(&scope)).await?;
    assert_eq!(found.mode, GovernanceMode::Strict);
    assert!(found.canary.is_some_and(|canary| canary.is_denied));
    // Asked again under its name it is the same answer as before, and no newer.
    replica.clock.advance(TimeDelta::minutes(11));
    canary(&replica, &scope, "c1").await?;
    let stale = stands(&replica, &scope).await?;
    assert_eq!(stale, (Degraded, vec![PostureReason::CanaryStale]));
    canary(&replica, &scope, "c2").await?;
    assert_eq!(stands(&replica, &scope).await?.0, Enforced);
    let admin = person(&scope, "root", Role::Admin);
    replica
        .policies
        .edit(&admin, &rule("allow-read", "read", "deny"))
        .await?;
    let changed = stands(&replica, &scope).await?;
    assert_eq!(changed, (Degraded, vec![PostureReason::PoliciesChanged]));
    canary(&replica, &scope, "c3").await?;
    assert_eq!(stands(&replica, &scope).await?.0, Enforced);
    db.ensure_whole().await
}

async fn a_rule_that_allows_anything_is_no_enforcement(db: TestDatabase) -> Result<()> {
    let scope = db.tenant("acme").await?;
    let replica = governed(&db, &scope).await?;
    canary(&replica, &scope, "c1").await?;
    let admin = person(&scope, "root", Role::Admin);
    replica.policies.edit(&admin, &fallback("allow")).await?;
    let (status, reasons) = stands(&replica, &scope).await?;
    assert_eq!(status, EnforcementStatus::Disabled);
    assert!(
        reasons.contains(&PostureReason::UnknownToolsAllowed),
        "{reasons:?}"
    );
    let found = replica.executions.posture(&adapter(&scope)).await?;
    assert_eq!(found.mode, GovernanceMode::Permissive);
    replica.policies.edit(&admin, &fallback("deny")).await?;
    canary(&replica, &scope, "c2").await?;
    let found = replica.executions.posture(&adapter(&scope)).await?;
    assert_eq!(
        (found.status, found.mode),
        (EnforcementStatus::Enforced, GovernanceMode::Guarded)
    );
    db.ensure_whole().await
}

async fn nobody_is_asked_to_approve_a_canary(db: TestDatabase) -> Result<()> {
    let scope = db.tenant("acme").await?;
    let replica = governed(&db, &scope).await?;
    let admin = person(&scope, "root", Role::Admin);
    replica
        .policies
        .edit(&admin, &fallback("require_approval"))
        .await?;
    assert_eq!(
        canary(&replica, &scope, "c1").await?,
        ExecutionStatus::Denied
    );
    assert_eq!(
        stands(&replica, &scope).await?.0,
        EnforcementStatus::Enforced
    );
    db.ensure_whole().await
}

async fn names_of_clasper_s_own_are_for_the_canary_alone(db: TestDatabase) -> Result<()> {
    let scope = db.tenant("acme").await?;
    let replica = governed(&db, &scope).await?;
    let mut smuggled = ask(PROBE_TOOL, "0");
    smuggled
        .claims
        .requested_capabilities
        .push("exec".to_owned());
    let mut other = ask("read", "0");
    other.claims.tool = Some("--clasper.admin".to_owned());
    for (name, ask) in [("one", smuggled), ("two", other)] {
        let refused = replica
            .executions
            .request(&adapter(&scope), request(name, ask))
            .await;
        assert!(
            matches!(refused, Err(Error::Invalid { .. })),
            "{name}: {refused:?}"
        );
    }
    Ok(())
}
