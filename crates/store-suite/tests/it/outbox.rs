//! Messages that wait for backends.

use std::collections::BTreeSet;

use anyhow::Result;
use chrono::TimeDelta;
use clasper_core::{AuditEvent, TenantScope};
use clasper_runtime::run::{Charge, OutboxMessage, OutboxStore, RunStore};
use clasper_testkit::{TestDatabase, both, usd};
use futures::future::try_join_all;
use serde_json::json;

use crate::support::entries_of;

both!(
    a_message_that_is_taken_is_leased,
    a_delivered_message_is_gone,
    a_message_that_is_put_off_comes_later,
    a_message_that_is_given_up_is_kept,
    two_replicas_never_take_the_same_message,
);

const LEASE: TimeDelta = TimeDelta::seconds(60);

/// Ends `count` runs, each with a message.
async fn messages(
    db: &TestDatabase,
    scope: &TenantScope,
    count: usize,
) -> Result<Vec<OutboxMessage>> {
    let mut messages = Vec::new();
    for _ in 0..count {
        let (run, _) = db.admit(scope, usd("0.01")).await?;
        let message = db.make.message(&run);
        let mut end = db.make.settlement(&run, Charge::Actual(usd("0.01")));
        end.deliveries = vec![message.clone()];
        db.store.settle_run(end).await?;
        messages.push(message);
    }
    Ok(messages)
}

async fn take(db: &TestDatabase) -> Result<Vec<OutboxMessage>> {
    let now = db.make.now();
    Ok(db.store.take_due(now, now + LEASE, 10).await?)
}

async fn a_message_that_is_taken_is_leased(db: TestDatabase) -> Result<()> {
    let acme = db.tenant("acme").await?;
    let sent = messages(&db, &acme, 1).await?;
    let taken = take(&db).await?;
    assert_eq!(taken.len(), 1);
    assert_eq!(
        (taken[0].id, &taken[0].payload),
        (sent[0].id, &sent[0].payload)
    );
    assert_eq!((taken[0].attempts, &taken[0].agent), (1, &sent[0].agent));
    assert!(take(&db).await?.is_empty());
    assert_eq!(db.store.waiting().await?, 1);
    db.make.clock.advance(LEASE);
    assert_eq!(take(&db).await?[0].attempts, 2);
    Ok(())
}

async fn a_delivered_message_is_gone(db: TestDatabase) -> Result<()> {
    let acme = db.tenant("acme").await?;
    messages(&db, &acme, 2).await?;
    let taken = take(&db).await?;
    let entry = db
        .make
        .entry(&acme, AuditEvent::DeliverySucceeded, &json!({}));
    db.store.delivered(taken[0].id, entry).await?;
    assert_eq!(db.store.waiting().await?, 1);
    assert_eq!(db.row_counts().await?["outbox_message"], 1);
    assert_eq!(
        entries_of(&db, &acme, AuditEvent::DeliverySucceeded).await?,
        1
    );
    // Even when it is delivered in the group that would take it again.
    db.make.clock.advance(LEASE);
    let entry = db
        .make
        .entry(&acme, AuditEvent::DeliverySucceeded, &json!({}));
    let now = db.make.now();
    let (delivered, due) = futures::future::join(
        db.store.delivered(taken[1].id, entry),
        db.store.take_due(now, now + LEASE, 10),
    )
    .await;
    delivered?;
    assert!(due?.is_empty());
    db.ensure_whole().await
}

async fn a_message_that_is_put_off_comes_later(db: TestDatabase) -> Result<()> {
    let acme = db.tenant("acme").await?;
    messages(&db, &acme, 1).await?;
    let taken = take(&db).await?;
    let later = db.make.now() + LEASE * 2;
    db.store.put_off(taken[0].id, later).await?;
    db.make.clock.set(later - TimeDelta::microseconds(1));
    assert!(take(&db).await?.is_empty());
    db.make.clock.set(later);
    assert_eq!(take(&db).await?.len(), 1);
    Ok(())
}

async fn a_message_that_is_given_up_is_kept(db: TestDatabase) -> Result<()> {
    let acme = db.tenant("acme").await?;
    messages(&db, &acme, 1).await?;
    let taken = take(&db).await?;
    let entry = db.make.entry(&acme, AuditEvent::DeliveryFailed, &json!({}));
    db.store.give_up(taken[0].id, entry).await?;
    assert_eq!(db.store.waiting().await?, 0);
    assert_eq!(db.row_counts().await?["outbox_message"], 1);
    db.make.clock.advance(LEASE * 10);
    assert!(take(&db).await?.is_empty());
    assert_eq!(entries_of(&db, &acme, AuditEvent::DeliveryFailed).await?, 1);
    db.ensure_whole().await
}

async fn two_replicas_never_take_the_same_message(db: TestDatabase) -> Result<()> {
    let acme = db.tenant("acme").await?;
    let sent = messages(&db, &acme, 20).await?;
    let replica = db.second_store().await?;
    let now = db.make.now();
    let takers = [&db.store, &replica].into_iter().cycle().take(20);
    let taken = try_join_all(takers.map(|store| store.take_due(now, now + LEASE, 3))).await?;
    let taken: Vec<_> = taken.into_iter().flatten().map(|m| m.id).collect();
    let distinct: BTreeSet<_> = taken.iter().copied().collect();
    assert_eq!(distinct.len(), taken.len(), "a message was taken twice");
    let all: BTreeSet<_> = sent.iter().map(|m| m.id).collect();
    assert!(distinct.is_subset(&all));
    let rest = db.store.take_due(now, now + LEASE, 100).await?;
    assert_eq!(distinct.len() + rest.len(), 20, "a message was lost");
    Ok(())
}
