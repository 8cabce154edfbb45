//! What becomes of tokens of tools, and what operators see of them.

use anyhow::{Context, Result};
use chrono::TimeDelta;
use clasper_core::{Clock, ExecutionKey, Role, Usd};
use clasper_delegated::Error;
use clasper_delegated::ToolAnswer;
use clasper_delegated::tool::{ToolFilter, ToolRefusal, ToolState};
use clasper_testkit::{TestDatabase, both};
use secrecy::ExposeSecret;

use crate::replica::{adapter, governed, person};
use crate::tools::{allowed, authorized, call, refused, token, using};

both!(
    a_token_that_nobody_uses_lapses,
    a_reported_call_uses_its_token_once_even_when_the_report_is_late,
    authorizations_stay_within_their_tenant_and_hold_no_token
);

async fn a_token_that_nobody_uses_lapses(db: TestDatabase) -> Result<()> {
    let scope = db.tenant("acme").await?;
    let replica = governed(&db, &scope).await?;
    allowed(&replica, &scope, "one").await?;
    let answer = authorized(&replica, &scope, call("one", "read")).await?;
    assert_eq!(replica.executions.lapse_tools().await?, 0);
    replica.clock.advance(TimeDelta::seconds(31));
    assert_eq!(replica.executions.lapse_tools().await?, 1);
    assert_eq!(replica.executions.lapse_tools().await?, 0);
    let admin = person(&scope, "root", Role::Admin);
    let id = answer.verdict.authorization.id;
    let found = replica.executions.tool_authorization(&admin, id).await?;
    assert_eq!(found.state, ToolState::Lapsed);
    db.ensure_whole().await
}

async fn a_reported_call_uses_its_token_once_even_when_the_report_is_late(
    db: TestDatabase,
) -> Result<()> {
    let scope = db.tenant("acme").await?;
    let replica = governed(&db, &scope).await?;
    allowed(&replica, &scope, "one").await?;
    let called_at = replica.clock.now();
    let report = |answer: &ToolAnswer, tool: &str, at| {
        let (id, key) = (
            answer.verdict.authorization.id,
            ExecutionKey::new("one").expect("a name"),
        );
        let (executions, tool) = (replica.executions.clone(), tool.to_owned());
        let caller = adapter(&scope);
        async move { executions.report_tool(&caller, id, key, tool, at).await }
    };
    let first = authorized(&replica, &scope, call("one", "read")).await?;
    let second = authorized(&replica, &scope, call("one", "read")).await?;
    let third = authorized(&replica, &scope, call("one", "read")).await?;
    let caller = adapter(&scope);
    replica
        .executions
        .consume_tool(&caller, using("one", "read", &token(&first)?))
        .await?;
    for answer in [&first, &second] {
        assert_eq!(
            report(answer, "read", called_at).await?.state,
            ToolState::Used
        );
        let again = report(answer, "read", called_at).await;
        assert!(
            matches!(again, Err(Error::Tool(ToolRefusal::Used))),
            "{again:?}"
        );
    }
    let swapped = report(&third, "exec", called_at).await;
    assert!(
        matches!(swapped, Err(Error::Tool(ToolRefusal::Other("tool")))),
        "{swapped:?}"
    );
    replica.clock.advance(TimeDelta::minutes(2));
    assert_eq!(replica.executions.lapse_tools().await?, 1);
    let too_late = report(&third, "read", called_at + TimeDelta::minutes(1)).await;
    assert!(
        matches!(too_late, Err(Error::Tool(ToolRefusal::Expired))),
        "{too_late:?}"
    );
    let late = report(&third, "read", called_at + TimeDelta::seconds(1)).await?;
    assert_eq!(late.state, ToolState::Used);
    db.ensure_whole().await
}

async fn authorizations_stay_within_their_tenant_and_hold_no_token(db: TestDatabase) -> Result<()> {
    let (acme, globex) = (db.tenant("acme").await?, db.tenant("globex").await?);
    let replica = governed(&db, &acme).await?;
    allowed(&replica, &acme, "one").await?;
    let answer = authorized(&replica, &acme, call("one", "read")).await?;
    refused(&replica, &acme, call("one", "exec")).await?;
    let id = answer.verdict.authorization.id;
    let (own, stranger) = (
        person(&acme, "root", Role::Admin),
        person(&globex, "root", Role::Admin),
    );
    let hidden = replica.executions.tool_authorization(&stranger, id).await;
    assert!(matches!(hidden, Err(Error::NotFound(_))), "{hidden:?}");
    let token = token(&answer)?;
    let mut foreign = adapter(&globex);
    foreign.principal.tenant = globex.tenant().clone();
    let used = replica
        .executions
        .consume_tool(&foreign, using("one", "read", &token))
        .await;
    assert!(
        matches!(used, Err(Error::Tool(ToolRefusal::Other("tenant")))),
        "{used:?}"
    );
    let filter = ToolFilter::default();
    let page = replica
        .executions
        .tool_authorizations(&own, &filter, None, 1)
        .await?;
    assert_eq!(page.items.len(), 1);
    let rest = page.next.context("a further page")?;
    let rest = replica
        .executions
        .tool_authorizations(&own, &filter, Some(&rest), 5)
        .await?;
    assert_eq!((rest.items.len(), rest.next.is_none()), (1, true));
    assert_eq!(rest.items[0].id, id);
    let none = replica
        .executions
        .tool_authorizations(&stranger, &filter, None, 5)
        .await?;
    assert!(none.items.is_empty());
    let known = replica.executions.tool_statistics(&own).await?;
    let counts: Vec<_> = known
        .iter()
        .map(|t| (t.tool.as_str(), t.granted, t.denied))
        .collect();
    assert_eq!(counts, [("exec", 0, 1), ("read", 1, 0)]);
    assert_eq!(
        answer.verdict.decision.effect,
        clasper_governance::Effect::Allow
    );
    assert!(!format!("{:?}", page.items).contains(token.expose_secret()));
    assert_eq!(
        answer
            .verdict
            .grant
            .and_then(|grant| grant.limits.max_cost_usd),
        None::<Usd>
    );
    db.ensure_whole().await
}
