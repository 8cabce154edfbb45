//! Answers reach the backend: at once, later, or are kept for an operator.

use std::sync::atomic::Ordering;

use chrono::TimeDelta;
use clasper_core::{AuditEvent, Usd};
use clasper_runtime::backend::Delivery;
use clasper_runtime::run::{Charge, RunEnd};
use clasper_runtime::send::{DeliveryState, Error};
use clasper_runtime::service::DeliveryReport;

use crate::fakes::{World, reply, request};

#[tokio::test]
async fn while_the_backend_is_down_the_answer_is_kept_and_delivered_later_under_the_same_key() {
    let world = World::new([reply("Hello.", 10, 1)]);
    world.backend.down.store(true, Ordering::SeqCst);
    let mut message = request("Hi");
    message.metadata.kickoff_plan = true;
    let answer = world
        .service
        .send(&world.caller(), message)
        .await
        .expect("an answer");
    assert_eq!(
        (answer.delivery, answer.task_id),
        (DeliveryState::Queued, None)
    );
    world.quiet().await;
    assert_eq!(world.store.state().outbox.len(), 2);

    world.backend.down.store(false, Ordering::SeqCst);
    let report = world.service.deliver_due().await.expect("the store works");
    assert_eq!(report, DeliveryReport::default(), "nothing is due yet");
    world.clock.advance(TimeDelta::seconds(2));
    let report = world.service.deliver_due().await.expect("the store works");
    assert_eq!(
        report,
        DeliveryReport {
            delivered: 2,
            put_off: 0,
            given_up: 0
        }
    );
    let posted = world.backend.posted();
    let execution = answer.execution_id;
    let keys: Vec<_> = posted.iter().map(|(_, key)| key.clone()).collect();
    assert_eq!(
        keys,
        [
            format!("{execution}:message"),
            format!("{execution}:document")
        ]
    );
    let expected = Delivery::Message {
        task_id: "task-Inbox".into(),
        content: "Hello.".into(),
    };
    assert_eq!(posted[0].0, expected);
    assert!(world.store.state().outbox.is_empty());
}

#[tokio::test]
async fn the_worker_leaves_a_new_message_to_the_run_that_made_it() {
    let world = World::new([reply("Hello.", 10, 1)]);
    world
        .service
        .send(&world.caller(), request("Hi"))
        .await
        .expect("an answer");
    let report = world.service.deliver_due().await.expect("the store works");
    assert_eq!(report.delivered, 0);
    assert_eq!(world.backend.posted().len(), 1);
}

#[tokio::test]
async fn attempts_grow_apart_and_end_after_three_days() {
    let world = World::new([reply("Hello.", 10, 1)]);
    world.backend.down.store(true, Ordering::SeqCst);
    world
        .service
        .send(&world.caller(), request("Hi"))
        .await
        .expect("an answer");
    world.quiet().await;
    world.clock.advance(TimeDelta::seconds(2));
    let report = world.service.deliver_due().await.expect("the store works");
    assert_eq!(report.put_off, 1);
    world.clock.advance(TimeDelta::seconds(3));
    let report = world.service.deliver_due().await.expect("the store works");
    assert_eq!(
        report,
        DeliveryReport::default(),
        "the second pause is longer"
    );
    world.clock.advance(TimeDelta::days(3));
    let report = world.service.deliver_due().await.expect("the store works");
    assert_eq!(report.given_up, 1);
    let state = world.store.state();
    assert_eq!((state.outbox.len(), state.given_up.len()), (0, 1));
    let last = state.entries.last().expect("an entry");
    assert_eq!(last.event, AuditEvent::DeliveryFailed);
    assert!(last.detail.as_str().contains("\"reason\":\"expired\""));
}

#[tokio::test]
async fn a_message_the_backend_refuses_is_kept_for_an_operator() {
    let world = World::new([reply("Hello.", 10, 1)]);
    world.backend.refuses.store(true, Ordering::SeqCst);
    let mut message = request("Hi");
    message.task_id = Some("t-1".into());
    let mut caller = world.caller();
    caller.principal.allowed_tools = Some(Vec::new());
    let answer = world
        .service
        .send(&caller, message)
        .await
        .expect("an answer");
    assert_eq!(answer.delivery, DeliveryState::Refused);
    world.quiet().await;
    assert_eq!(world.store.state().given_up.len(), 1);
    assert!(world.store.events().contains(&AuditEvent::DeliveryFailed));
}

#[tokio::test]
async fn a_backend_that_refuses_the_task_ends_the_run_before_any_model_is_called() {
    let world = World::new([reply("Hello.", 10, 1)]);
    world.backend.refuses.store(true, Ordering::SeqCst);
    let error = world
        .service
        .send(&world.caller(), request("Hi"))
        .await
        .expect_err("refused");
    assert!(matches!(error, Error::Backend { .. }));
    assert_eq!(world.model.calls(), 0);
    let settlement = world.store.settlement();
    assert_eq!(
        (settlement.end, settlement.charge),
        (RunEnd::Failed, Charge::Actual(Usd::ZERO))
    );
}

#[tokio::test]
async fn a_payload_that_was_tampered_with_is_given_up() {
    let world = World::new([reply("Hello.", 10, 1)]);
    world.backend.down.store(true, Ordering::SeqCst);
    world
        .service
        .send(&world.caller(), request("Hi"))
        .await
        .expect("an answer");
    world.quiet().await;
    world.store.state().outbox[0].payload[0] ^= 1;
    world.backend.down.store(false, Ordering::SeqCst);
    world.clock.advance(TimeDelta::seconds(2));
    let report = world.service.deliver_due().await.expect("the store works");
    assert_eq!(report.given_up, 1);
    assert!(world.backend.posted().is_empty());
}
