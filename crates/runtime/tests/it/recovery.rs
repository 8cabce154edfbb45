//! Runs whose process died, and databases that were away for a moment.

use std::time::Duration;

use clasper_core::{Classify, ErrorKind, InstanceId, Usd};
use clasper_runtime::model::ModelError;
use clasper_runtime::run::{Charge, RunEnd};
use clasper_runtime::send::Error;
use clasper_tracing::RunStatus;

use crate::fakes::{Scripted, World, reply, request};

#[tokio::test]
async fn a_run_of_a_dead_process_is_closed_with_an_estimate() {
    let world = World::new([Scripted::Hang(&[])]);
    world.budget("1");
    let caller = world.caller();
    tokio::select! {
        _ = world.service.send(&caller, request("Hi")) => panic!("it hangs"),
        () = world.model.called.notified() => {
            let other = InstanceId::generate(&*world.ids);
            for run in world.store.state().open.values_mut() {
                run.instance = other;
            }
            let recovered = world.service.recover(Duration::from_secs(30)).await;
            assert_eq!(recovered.expect("the store works"), 1);
        }
    }
    world.quiet().await;
    let state = world.store.state();
    assert_eq!(
        state.settlements.len(),
        1,
        "the run itself found that it was closed"
    );
    let settlement = &state.settlements[0];
    assert_eq!(
        (settlement.end, settlement.charge),
        (RunEnd::Recovered, Charge::Estimated)
    );
    assert_eq!(settlement.actor, "system");
    assert_eq!(settlement.trace.status, RunStatus::Interrupted);
    assert!(
        state
            .budget
            .as_ref()
            .is_some_and(|b| b.held.is_zero() && b.spent > Usd::ZERO)
    );
}

#[tokio::test]
async fn a_run_that_recovery_closed_gives_no_answer() {
    let go = std::sync::Arc::new(tokio::sync::Notify::new());
    let Scripted::Reply(late) = reply("Late.", 1, 1) else {
        panic!("a reply")
    };
    let world = World::new([Scripted::Held(go.clone(), late)]);
    let caller = world.caller();
    let dies = async {
        world.model.called.notified().await;
        world.store.state().open.clear();
        go.notify_one();
    };
    let (result, ()) = tokio::join!(world.service.send(&caller, request("Hi")), dies);
    assert!(matches!(result, Err(Error::Cancelled { .. })));
    assert!(world.backend.posted().is_empty());
}

#[tokio::test]
async fn a_database_that_is_away_for_a_moment_loses_nothing() {
    let world = World::new([
        Scripted::Fail(ModelError::Refused { status: 400 }),
        reply("Hello.", 1, 1),
    ]);
    world.store.state().failing_settlements = 2;
    world
        .service
        .send(&world.caller(), request("Hi"))
        .await
        .expect_err("refused");
    world.store.state().failing_settlements = 2;
    world
        .service
        .send(&world.caller(), request("Hi"))
        .await
        .expect("an answer");
    assert!(world.store.state().open.is_empty());
}

#[tokio::test]
async fn a_settlement_that_failed_is_made_up_for_by_recovery() {
    let world = World::new([reply("Hello.", 1, 1)]);
    world.budget("1");
    world.store.state().failing_settlements = 5;
    let error = world
        .service
        .send(&world.caller(), request("Hi"))
        .await
        .expect_err("not recorded");
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(
        world.backend.posted().is_empty(),
        "nothing is posted that is not recorded"
    );
    assert!(
        world
            .store
            .state()
            .budget
            .as_ref()
            .is_some_and(|b| !b.held.is_zero())
    );
    world
        .service
        .recover(Duration::from_secs(30))
        .await
        .expect("the store works");
    let state = world.store.state();
    assert!(state.budget.as_ref().is_some_and(|b| b.held.is_zero()));
    assert_eq!(state.settlements[0].end, RunEnd::Completed);
}
