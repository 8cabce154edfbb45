//! An adapter is told what became of its request.

use std::collections::BTreeMap;

use anyhow::Result;
use chrono::TimeDelta;
use clasper_core::AuditEvent;
use clasper_testkit::{TestDatabase, both};
use clasper_webhook::{NoticeReport, NoticeStore, Notices};
use futures::future::{join_all, try_join_all};
use serde_json::json;

use crate::receiver::Receiver;
use crate::world::{World, approval};

both!(
    a_resolution_is_told_once_signed_and_without_arguments,
    nobody_is_told_without_an_address_or_a_resolution,
    a_receiver_that_is_down_gets_everything_in_order_once_it_is_back,
    a_storm_of_resolutions_tells_each_once,
    a_message_that_cannot_be_delivered_for_days_is_given_up_and_recorded,
    a_receiver_that_is_gone_is_not_asked_again,
    settled_notices_are_forgotten_after_a_month
);

async fn a_resolution_is_told_once_signed_and_without_arguments(db: TestDatabase) -> Result<()> {
    let world = World::new(db).await?;
    let receiver = Receiver::start(&world.clock).await;
    let asked = world.ask("run-1", "exec", &receiver.url()).await?;
    assert_eq!(world.notices.deliver_due().await?, NoticeReport::default());
    let approved = world.approve(asked.decision, "ops").await?;
    assert_eq!(world.notices.deliver_due().await?.delivered, 1);
    assert_eq!(world.notices.deliver_due().await?, NoticeReport::default());
    let taken = receiver.taken();
    assert_eq!(taken.len(), 1);
    let data = json!({
        "decision_id": asked.decision.to_string(), "execution_id": "run-1", "status": "approved",
        "reason": "approved", "intent_hash": approved.intent_hash.to_string(),
    });
    assert_eq!(taken[0].body["type"], "execution.resolved");
    assert_eq!(taken[0].body["data"], data);
    assert!(!taken[0].text.contains("mallory"), "{}", taken[0].text);
    assert_eq!(world.entries_of(AuditEvent::DeliverySucceeded).await?, 1);
    assert_eq!(world.db.store.waiting_notices().await?, 0);
    world.db.ensure_whole().await
}

async fn nobody_is_told_without_an_address_or_a_resolution(db: TestDatabase) -> Result<()> {
    let world = World::new(db).await?;
    let receiver = Receiver::start(&world.clock).await;
    // Allowed at once: the answer itself said so.
    world.ask("run-1", "read", &receiver.url()).await?;
    world.ask("run-2", "exec", &receiver.url()).await?;
    assert_eq!(world.notices.deliver_due().await?, NoticeReport::default());
    assert!(receiver.seen().is_empty());
    Ok(())
}

async fn a_receiver_that_is_down_gets_everything_in_order_once_it_is_back(
    db: TestDatabase,
) -> Result<()> {
    let world = World::new(db).await?;
    let receiver = Receiver::start(&world.clock).await;
    receiver.answer(503);
    for n in 0..5 {
        let key = format!("run-{n}");
        let asked = world.ask(&key, "exec", &receiver.url()).await?;
        world.approve(asked.decision, "ops").await?;
    }
    // An hour: the approvals are told to nobody, and then their grants lapse.
    for _ in 0..60 {
        world.clock.advance(TimeDelta::minutes(1));
        world.executions.settle_due().await?;
        assert_eq!(world.notices.deliver_due().await?.delivered, 0);
    }
    assert_eq!(world.db.store.waiting_notices().await?, 10);
    let tried: Vec<_> = receiver.seen().into_iter().map(|one| one.body).collect();
    let early = tried
        .iter()
        .filter(|body| body["data"]["status"] == "lapsed");
    assert_eq!(early.count(), 0, "what came later overtook what waits");
    receiver.answer(200);
    for _ in 0..180 {
        world.clock.advance(TimeDelta::minutes(1));
        world.notices.deliver_due().await?;
    }
    let mut told: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for one in receiver.taken() {
        let data = &one.body["data"];
        let text = |name: &str| data[name].as_str().unwrap_or_default().to_owned();
        told.entry(text("execution_id"))
            .or_default()
            .push(text("status"));
    }
    assert_eq!(told.len(), 5);
    for (key, statuses) in told {
        assert_eq!(statuses, ["approved", "lapsed"], "{key}");
    }
    assert_eq!(world.db.store.waiting_notices().await?, 0);
    // Attempts at one message have one id.
    let mut ids: Vec<_> = receiver.seen().into_iter().map(|one| one.id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 10);
    world.db.ensure_whole().await
}

async fn a_storm_of_resolutions_tells_each_once(db: TestDatabase) -> Result<()> {
    let world = World::new(db).await?;
    let receiver = Receiver::start(&world.clock).await;
    let url = receiver.url();
    let keys: Vec<String> = (0..24).map(|n| format!("run-{n}")).collect();
    let asked = try_join_all(keys.iter().map(|key| world.ask(key, "exec", &url))).await?;
    let replicas = [world.executions.clone(), world.another()?, world.another()?];
    let people: Vec<_> = (0..4).map(|n| world.person(&format!("ops-{n}"))).collect();
    let acts = asked.iter().flat_map(|execution| {
        let acts = people.iter().zip(replicas.iter().cycle());
        acts.map(|(person, replica)| replica.resolve(person, approval(execution.decision)))
    });
    let resolved = join_all(acts).await;
    assert_eq!(resolved.iter().filter(|one| one.is_ok()).count(), 24);
    let deliveries = [
        world.notices.clone(),
        world.another_delivery(),
        world.another_delivery(),
    ];
    let reports = try_join_all(deliveries.iter().map(Notices::deliver_due)).await?;
    assert_eq!(reports.iter().map(|one| one.delivered).sum::<u64>(), 24);
    let taken = receiver.taken();
    let mut told: Vec<_> = taken
        .iter()
        .map(|one| one.body["data"]["execution_id"].to_string())
        .collect();
    told.sort_unstable();
    told.dedup();
    assert_eq!((taken.len(), told.len()), (24, 24));
    world.db.ensure_whole().await
}

async fn a_message_that_cannot_be_delivered_for_days_is_given_up_and_recorded(
    db: TestDatabase,
) -> Result<()> {
    let world = World::new(db).await?;
    let receiver = Receiver::start(&world.clock).await;
    receiver.answer(500);
    let asked = world.ask("run-1", "exec", &receiver.url()).await?;
    world.approve(asked.decision, "ops").await?;
    let mut given_up = 0;
    for _ in 0..100 {
        given_up += world.notices.deliver_due().await?.given_up;
        world.clock.advance(TimeDelta::hours(1));
    }
    assert_eq!(given_up, 1);
    assert_eq!(receiver.seen().len(), 10);
    assert_eq!(world.entries_of(AuditEvent::DeliveryFailed).await?, 1);
    assert_eq!(world.db.store.waiting_notices().await?, 0);
    assert_eq!(world.db.row_counts().await?["notice"], 1);
    world.db.ensure_whole().await
}

async fn a_receiver_that_is_gone_is_not_asked_again(db: TestDatabase) -> Result<()> {
    let world = World::new(db).await?;
    let receiver = Receiver::start(&world.clock).await;
    receiver.answer(410);
    let asked = world.ask("run-1", "exec", &receiver.url()).await?;
    world.approve(asked.decision, "ops").await?;
    assert_eq!(world.notices.deliver_due().await?.given_up, 1);
    world.clock.advance(TimeDelta::days(5));
    assert_eq!(world.notices.deliver_due().await?, NoticeReport::default());
    assert_eq!(receiver.seen().len(), 1);
    Ok(())
}

async fn settled_notices_are_forgotten_after_a_month(db: TestDatabase) -> Result<()> {
    let world = World::new(db).await?;
    let receiver = Receiver::start(&world.clock).await;
    let asked = world.ask("run-1", "exec", &receiver.url()).await?;
    world.approve(asked.decision, "ops").await?;
    world.notices.deliver_due().await?;
    world.clock.advance(TimeDelta::days(29));
    world.notices.upkeep().await?;
    assert_eq!(world.db.row_counts().await?["notice"], 1);
    world.clock.advance(TimeDelta::days(2));
    world.notices.upkeep().await?;
    assert_eq!(world.db.row_counts().await?["notice"], 0);
    Ok(())
}
