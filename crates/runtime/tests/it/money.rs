//! Money: held before it is spent, waited for, never exceeded in silence.

use std::sync::Arc;
use std::time::Duration;

use clasper_core::{Classify, Clock, Usd};
use clasper_governance::{OwnPrice, Tariff};
use clasper_runtime::run::RunEnd;
use clasper_runtime::send::Error;
use serde_json::json;
use tokio::sync::Notify;

use crate::fakes::{Scripted, World, calls, config, reply, request};

fn held(go: &Arc<Notify>) -> Scripted {
    let Scripted::Reply(reply) = reply("Hello.", 100, 10) else {
        panic!("a reply")
    };
    Scripted::Held(Arc::clone(go), reply)
}

/// Two messages; the first one's model answers only when the second request has been told to wait.
async fn two_at_once(world: &World, go: &Notify) -> [Result<String, Error>; 2] {
    let (first, second) = (world.caller(), world.caller());
    let send = async |caller| {
        world
            .service
            .send(caller, request("Hi"))
            .await
            .map(|r| r.response)
    };
    let lets_go = async {
        // The second opening was told to wait.
        while world.store.state().openings.len() < 2 {
            tokio::task::yield_now().await;
        }
        go.notify_one();
    };
    let second = async {
        world.model.called.notified().await;
        send(&second).await
    };
    let (a, b, ()) = tokio::join!(send(&first), second, lets_go);
    [a, b]
}

#[tokio::test]
async fn the_second_run_waits_until_the_first_is_settled() {
    let go = Arc::new(Notify::new());
    let world = World::new([held(&go), reply("Me too.", 100, 10)]);
    // One run may cost about 630,000 nano-dollars; there is no room for two.
    world.budget("0.001");
    let [first, second] = two_at_once(&world, &go).await;
    assert_eq!(
        (first.expect("an answer"), second.expect("an answer")),
        ("Hello.".into(), "Me too.".into())
    );
    let state = world.store.state();
    let budget = state.budget.as_ref().expect("a budget");
    assert_eq!(
        (budget.spent, budget.held),
        (Usd::from_nanos(42_000).expect("fine"), Usd::ZERO)
    );
}

#[tokio::test]
async fn a_request_without_time_to_wait_is_told_that_the_money_is_held() {
    let mut config = config();
    config.budget_wait = Duration::ZERO;
    let go = Arc::new(Notify::new());
    let world = World::with([held(&go)], config, |_| {});
    world.budget("0.000625");
    let (first, second) = (world.caller(), world.caller());
    let second = async {
        world.model.called.notified().await;
        let result = world.service.send(&second, request("Hi")).await;
        go.notify_one();
        result
    };
    let (first, second) = tokio::join!(world.service.send(&first, request("Hi")), second);
    assert!(first.is_ok());
    assert_eq!(second.expect_err("held").code(), "budget_held");
}

#[tokio::test]
async fn a_spent_budget_refuses_with_its_numbers() {
    let world = World::new([]);
    world.budget("0.000001");
    let caller = world.caller();
    let error = world
        .service
        .send(&caller, request("Hi"))
        .await
        .expect_err("no money");
    assert_eq!(
        (error.code(), error.trace()),
        ("budget_exceeded", Some(caller.trace))
    );
    assert!(
        error.to_string().starts_with("0 of 0.000001 USD are spent"),
        "{error}"
    );
    assert_eq!(world.model.calls(), 0);
}

#[tokio::test]
async fn a_tenants_own_price_counts_before_the_tables() {
    let world = World::new([reply("Hello!", 30, 10)]);
    world.store.state().prices.push(OwnPrice {
        model: config().default_model.to_string(),
        tariff: Tariff {
            input_usd_per_million: 1_000.into(),
            output_usd_per_million: 2_000.into(),
            cached_input_usd_per_million: None,
        },
        updated_at: world.clock.now(),
        updated_by: "tenant_token:alice".to_owned(),
    });
    let sent = world.service.send(&world.caller(), request("Hi")).await;
    let cost = sent.expect("an answer").cost;
    assert_eq!(cost.total.to_string(), "0.05");
}

#[tokio::test]
async fn the_money_held_bounds_the_answer() {
    let world = World::new([reply("Short.", 30, 10)]);
    // Less than the full ask of about 620,000, more than its floor.
    world.budget("0.0001");
    world
        .service
        .send(&world.caller(), request("Hi"))
        .await
        .expect("an answer");
    let output = world.model.request(0).max_output_tokens;
    assert!((16..170).contains(&output), "{output}");
}

#[tokio::test]
async fn a_run_that_costs_more_than_was_held_says_so() {
    let world = World::new([reply("Long.", 50_000, 10)]);
    world.budget("0.0007");
    world
        .service
        .send(&world.caller(), request("Hi"))
        .await
        .expect("an answer");
    let violations = world.store.trace().violations;
    assert_eq!(
        violations
            .iter()
            .map(|v| v.kind.as_str())
            .collect::<Vec<_>>(),
        ["cost_exceeded"]
    );
}

#[tokio::test]
async fn without_money_for_another_call_what_was_said_is_the_answer() {
    let world = World::new([calls("Looking.", &[("count", json!({}))])]);
    world.backend.offer("count", json!({}));
    world.budget("0.0000255");
    let answer = world
        .service
        .send(&world.caller(), request("Hi"))
        .await
        .expect("what was said");
    assert_eq!(answer.response, "Looking.");
    assert!(
        world
            .store
            .trace()
            .violations
            .iter()
            .any(|v| v.kind == "budget")
    );
}

#[tokio::test]
async fn without_money_and_words_the_run_fails() {
    let world = World::new([calls("", &[("count", json!({}))])]);
    world.backend.offer("count", json!({}));
    world.budget("0.0000255");
    let error = world
        .service
        .send(&world.caller(), request("Hi"))
        .await
        .expect_err("nothing said");
    assert!(matches!(error, Error::Budget { .. }), "{error:?}");
    assert_eq!(world.store.settlement().end, RunEnd::Failed);
}
