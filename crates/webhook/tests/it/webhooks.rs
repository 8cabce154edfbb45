//! Tenants' endpoints are told what happens.

use std::sync::Arc;

use anyhow::Result;
use chrono::TimeDelta;
use clasper_core::{AuditEvent, SystemIds};
use clasper_notify::GuardedSigning;
use clasper_testkit::{TestDatabase, both};
use clasper_webhook::{
    Endpoint, EndpointAsk, EndpointChange, Error, EventType, KeyKind, NoticeStore, WebhookDeps,
    Webhooks,
};

use crate::receiver::Receiver;
use crate::world::{Plain, World, loopback};

both!(
    every_change_is_told_in_order_to_those_who_want_it,
    an_endpoint_that_takes_nothing_for_days_is_switched_off,
    an_endpoint_that_is_gone_is_switched_off_at_once,
    what_was_given_up_can_be_asked_for_again,
    a_removed_endpoint_is_told_nothing_more,
    a_replaced_key_signs_beside_the_new_one_for_a_day
);

fn webhooks(world: &World) -> Webhooks {
    Webhooks::new(WebhookDeps {
        endpoints: Arc::new(world.db.store.clone()),
        signing: Arc::new(GuardedSigning::new(loopback())),
        seal: Arc::new(Plain),
        clock: world.clock.clone(),
        ids: Arc::new(SystemIds),
    })
}

/// An endpoint at `receiver`, which from then on checks by the endpoint's own secret.
async fn endpoint(
    world: &World,
    receiver: &Receiver,
    events: &[EventType],
) -> Result<(Webhooks, Endpoint)> {
    let webhooks = webhooks(world);
    let ask = EndpointAsk {
        url: receiver.url(),
        events: events.to_vec(),
        key: KeyKind::Symmetric,
    };
    let (endpoint, secret) = webhooks.create(&world.person("root"), ask).await?;
    receiver.trust(&secret);
    Ok((webhooks, endpoint))
}

fn types(receiver: &Receiver) -> Vec<String> {
    let taken = receiver.taken().into_iter();
    taken
        .map(|one| one.body["type"].as_str().unwrap_or_default().to_owned())
        .collect()
}

async fn every_change_is_told_in_order_to_those_who_want_it(db: TestDatabase) -> Result<()> {
    let world = World::new(db).await?;
    let all = Receiver::start(&world.clock).await;
    let few = Receiver::start(&world.clock).await;
    let callbacks = Receiver::start(&world.clock).await;
    let is_real = |event: &&EventType| **event != EventType::WebhookTest;
    let wanted: Vec<EventType> = EventType::ALL.iter().filter(is_real).copied().collect();
    let (service, known) = endpoint(&world, &all, &wanted).await?;
    endpoint(&world, &few, &[EventType::ExecutionAllowed]).await?;
    let asked = world.ask("run-1", "exec", &callbacks.url()).await?;
    world.approve(asked.decision, "ops").await?;
    world.ask("run-2", "read", &callbacks.url()).await?;
    // Three to the first, one to the second, and the callback.
    assert_eq!(world.notices.deliver_due().await?.delivered, 5);
    let told = types(&all);
    assert_eq!(told.len(), 3);
    let at = |name: &str| told.iter().position(|one| one == name);
    assert!(at("decision.pending").is_some(), "{told:?}");
    assert!(at("decision.pending") < at("decision.resolved"), "{told:?}");
    assert!(at("execution.allowed").is_some(), "{told:?}");
    assert_eq!(types(&few), ["execution.allowed"]);
    for one in all.taken() {
        assert_eq!(one.body["data"]["tenant_id"], "acme");
        assert_eq!(one.body["data"]["adapter_id"], "openclaw");
        assert!(!one.text.contains("mallory"), "{}", one.text);
    }
    let root = world.person("root");
    let page = service.deliveries(&root, known.id, None, 2).await?;
    assert_eq!(page.items.len(), 2);
    let next = page.next.as_ref();
    let rest = service.deliveries(&root, known.id, next, 2).await?;
    assert_eq!((rest.items.len(), rest.next.is_none()), (1, true));
    let mut sent = page.items.iter().chain(&rest.items);
    assert!(sent.all(|one| one.state == "delivered"));
    world.db.ensure_whole().await
}

async fn an_endpoint_that_takes_nothing_for_days_is_switched_off(db: TestDatabase) -> Result<()> {
    let world = World::new(db).await?;
    let receiver = Receiver::start(&world.clock).await;
    receiver.answer(503);
    let (service, _) = endpoint(&world, &receiver, &[EventType::ExecutionAllowed]).await?;
    let url = receiver.url();
    world.ask("run-1", "read", &url).await?;
    for _ in 0..100 {
        world.notices.deliver_due().await?;
        world.clock.advance(TimeDelta::hours(1));
    }
    let known = service.list(&world.person("root")).await?;
    assert!(!known[0].enabled);
    assert_eq!(known[0].disabled_reason.as_deref(), Some("failing"));
    assert_eq!(world.entries_of(AuditEvent::WebhookDisabled).await?, 1);
    // Nothing is written for it any more.
    let seen = receiver.seen().len();
    world.ask("run-2", "read", &url).await?;
    world.notices.deliver_due().await?;
    assert_eq!(receiver.seen().len(), seen);
    assert_eq!(world.db.store.waiting_notices().await?, 0);
    world.db.ensure_whole().await
}

async fn an_endpoint_that_is_gone_is_switched_off_at_once(db: TestDatabase) -> Result<()> {
    let world = World::new(db).await?;
    let receiver = Receiver::start(&world.clock).await;
    receiver.answer(410);
    let (service, _) = endpoint(&world, &receiver, &[EventType::ExecutionAllowed]).await?;
    world.ask("run-1", "read", &receiver.url()).await?;
    assert_eq!(world.notices.deliver_due().await?.given_up, 1);
    let known = service.list(&world.person("root")).await?;
    assert_eq!(known[0].disabled_reason.as_deref(), Some("gone"));
    Ok(())
}

async fn what_was_given_up_can_be_asked_for_again(db: TestDatabase) -> Result<()> {
    let world = World::new(db).await?;
    let receiver = Receiver::start(&world.clock).await;
    receiver.answer(410);
    let (service, known) = endpoint(&world, &receiver, &[EventType::ExecutionAllowed]).await?;
    world.ask("run-1", "read", &receiver.url()).await?;
    world.notices.deliver_due().await?;
    let root = world.person("root");
    let failed = service.deliveries(&root, known.id, None, 10).await?.items;
    assert_eq!(failed[0].state, "failed");
    assert_eq!(failed[0].last_result.as_deref(), Some("status 410"));
    let refused = service.redeliver(&root, known.id, failed[0].id).await;
    assert!(matches!(refused, Err(Error::Disabled)), "{refused:?}");
    receiver.answer(200);
    let on = EndpointChange {
        enabled: Some(true),
        ..EndpointChange::default()
    };
    service.change(&root, known.id, on).await?;
    service.redeliver(&root, known.id, failed[0].id).await?;
    service.test(&root, known.id).await?;
    assert_eq!(world.notices.deliver_due().await?.delivered, 2);
    let mut told = types(&receiver);
    told.sort_unstable();
    assert_eq!(told, ["execution.allowed", "webhook.test"]);
    let id = failed[0].id.to_string();
    let again = receiver.seen().into_iter().filter(|one| one.id == id);
    assert_eq!(again.count(), 2);
    world.db.ensure_whole().await
}

async fn a_removed_endpoint_is_told_nothing_more(db: TestDatabase) -> Result<()> {
    let world = World::new(db).await?;
    let receiver = Receiver::start(&world.clock).await;
    let (service, known) = endpoint(&world, &receiver, &[EventType::ExecutionAllowed]).await?;
    world.ask("run-1", "read", &receiver.url()).await?;
    let root = world.person("root");
    service.remove(&root, known.id).await?;
    world.ask("run-2", "read", &receiver.url()).await?;
    world.notices.deliver_due().await?;
    assert!(receiver.seen().is_empty());
    let gone = service.remove(&root, known.id).await;
    assert!(matches!(gone, Err(Error::NotFound("webhook"))), "{gone:?}");
    world.db.ensure_whole().await
}

async fn a_replaced_key_signs_beside_the_new_one_for_a_day(db: TestDatabase) -> Result<()> {
    let world = World::new(db).await?;
    let receiver = Receiver::start(&world.clock).await;
    let wanted = [EventType::ExecutionAllowed];
    let (service, known) = endpoint(&world, &receiver, &wanted).await?;
    let root = world.person("root");
    // The receiver goes on checking by the secret that it has.
    let (_, public) = service.rotate(&root, known.id, KeyKind::Asymmetric).await?;
    service.test(&root, known.id).await?;
    world.notices.deliver_due().await?;
    let genuine = |at: usize| receiver.seen()[at].genuine;
    assert_eq!(genuine(0), Ok(()), "the old key no longer signs");
    receiver.trust(&public);
    service.test(&root, known.id).await?;
    world.notices.deliver_due().await?;
    assert_eq!(genuine(1), Ok(()), "the new key does not sign");
    let (_, last) = service.rotate(&root, known.id, KeyKind::Symmetric).await?;
    world.clock.advance(TimeDelta::hours(25));
    service.test(&root, known.id).await?;
    world.notices.deliver_due().await?;
    assert!(genuine(2).is_err(), "a replaced key signs after its day");
    receiver.trust(&last);
    service.test(&root, known.id).await?;
    world.notices.deliver_due().await?;
    assert_eq!(genuine(3), Ok(()));
    assert_eq!(world.entries_of(AuditEvent::WebhookKeyRotated).await?, 2);
    world.db.ensure_whole().await
}
