//! Callers that go away, limits that run out, bugs.

use std::sync::atomic::Ordering;
use std::time::Duration;

use clasper_core::{AuditEvent, Usd};
use clasper_runtime::run::{Charge, RunEnd};
use clasper_runtime::send::Error;
use clasper_tracing::RunStatus;
use serde_json::json;

use crate::fakes::{Scripted, World, calls, config, request};

#[tokio::test]
async fn a_dropped_request_cancels_the_run_and_charges_the_estimate() {
    let world = World::new([Scripted::Hang(&[])]);
    world.budget("1");
    let caller = world.caller();
    tokio::select! {
        _ = world.service.send(&caller, request("Hi")) => panic!("it hangs"),
        () = world.model.called.notified() => {}
    }
    world.quiet().await;
    let settlement = world.store.settlement();
    assert_eq!(settlement.end, RunEnd::Cancelled);
    assert!(matches!(settlement.charge, Charge::Actual(cost) if cost > Usd::ZERO));
    let trace = world.store.trace();
    assert_eq!(
        (
            trace.status,
            trace.usage.estimated,
            trace.usage.output_tokens
        ),
        (RunStatus::Cancelled, true, 0)
    );
    assert!(
        world
            .store
            .state()
            .budget
            .as_ref()
            .is_some_and(|b| b.held.is_zero())
    );
}

#[tokio::test]
async fn a_tool_call_under_way_is_closed_when_the_caller_goes() {
    let world = World::new([calls("", &[("slow", json!({}))])]);
    world.backend.offer("slow", json!({}));
    world.backend.hangs.store(true, Ordering::SeqCst);
    let caller = world.caller();
    let reached = async {
        while world.backend.called().is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        _ = world.service.send(&caller, request("Hi")) => panic!("it hangs"),
        () = reached => {}
    }
    world.quiet().await;
    assert_eq!(world.store.settlement().end, RunEnd::Cancelled);
    let state = world.store.state();
    assert_eq!(state.outcomes.len(), 1);
    assert!(!state.outcomes[0].success);
    assert_eq!(state.outcomes[0].entry.event, AuditEvent::ToolCallFailed);
}

#[tokio::test]
async fn a_server_that_must_end_cancels_its_runs() {
    let world = World::new([Scripted::Hang(&[])]);
    let caller = world.caller();
    let ends = async {
        world.model.called.notified().await;
        world.abort.cancel();
    };
    let (result, ()) = tokio::join!(world.service.send(&caller, request("Hi")), ends);
    assert!(matches!(result, Err(Error::Cancelled { .. })));
    assert_eq!(world.store.settlement().end, RunEnd::Cancelled);
}

#[tokio::test]
async fn a_run_ends_when_its_time_is_over() {
    let mut config = config();
    config.run_timeout = Duration::ZERO;
    let world = World::with([Scripted::Hang(&[])], config, |_| {});
    let result = world.service.send(&world.caller(), request("Hi")).await;
    assert!(matches!(result, Err(Error::Timeout { .. })));
    assert_eq!(
        world.store.settlement().reason.as_deref(),
        Some("run_timeout")
    );
}

#[tokio::test]
async fn a_bug_does_not_keep_the_hold() {
    let world = World::new([Scripted::Panic]);
    world.budget("1");
    let result = world.service.send(&world.caller(), request("Hi")).await;
    assert!(matches!(result, Err(Error::Internal { .. })));
    assert_eq!(world.store.settlement().end, RunEnd::Failed);
    assert!(
        world
            .store
            .state()
            .budget
            .as_ref()
            .is_some_and(|b| b.held.is_zero())
    );
}
