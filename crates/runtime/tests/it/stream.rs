//! Streamed answers: the same road, told as it is walked.

use clasper_runtime::model::ModelError;
use clasper_runtime::run::RunEnd;
use clasper_runtime::send::{Error, RunEvent, SendReply};
use clasper_runtime::service::RunStream;
use futures::StreamExt;
use serde_json::json;

use crate::fakes::{Scripted, World, calls, reply, request};

/// The chunks put together, and the last event.
async fn read(stream: RunStream) -> (String, Result<SendReply, Error>) {
    let mut events: Vec<RunEvent> = stream.collect().await;
    assert!(matches!(events.first(), Some(RunEvent::Start { .. })));
    let last = match events.pop() {
        Some(RunEvent::Done(reply)) => Ok(*reply),
        Some(RunEvent::Failed(error)) => Err(error),
        other => panic!("not an end: {other:?}"),
    };
    let chunks = events.into_iter().skip(1).map(|event| match event {
        RunEvent::Chunk(text) => text,
        other => panic!("not a chunk: {other:?}"),
    });
    (chunks.collect(), last)
}

#[tokio::test]
async fn the_chunks_are_the_reply() {
    let world = World::new([reply("Hello there Ann.", 100, 10)]);
    let stream = world
        .service
        .stream(&world.caller(), request("Hi"))
        .await
        .expect("admitted");
    let (text, last) = read(stream).await;
    assert_eq!(text, "Hello there Ann.");
    assert_eq!(last.expect("an answer").response, text);
    assert_eq!(world.store.settlement().end, RunEnd::Completed);
    assert_eq!(world.backend.posted().len(), 1);
}

#[tokio::test]
async fn what_is_said_around_a_tool_call_is_all_in_the_reply() {
    let world = World::new([
        calls("Let me look.", &[("count", json!({}))]),
        reply("It is 42.", 1, 1),
    ]);
    world.backend.offer("count", json!({"type": "object"}));
    let stream = world
        .service
        .stream(&world.caller(), request("Hi"))
        .await
        .expect("admitted");
    let (text, last) = read(stream).await;
    assert_eq!(text, "Let me look.\n\nIt is 42.");
    assert_eq!(last.expect("an answer").response, text);
}

#[tokio::test]
async fn a_replay_is_streamed_as_one_chunk() {
    let world = World::new([reply("Hello there.", 10, 1)]);
    let mut message = request("Hi");
    message.idempotency_key = Some("k1".into());
    world
        .service
        .send(&world.caller(), message.clone())
        .await
        .expect("an answer");
    let stream = world
        .service
        .stream(&world.caller(), message)
        .await
        .expect("the same");
    let (text, last) = read(stream).await;
    assert_eq!(
        (text.as_str(), last.is_ok(), world.model.calls()),
        ("Hello there.", true, 1)
    );
}

#[tokio::test]
async fn refusals_come_before_the_stream() {
    let world = World::new([]);
    world.budget("0.000001");
    let error = world
        .service
        .stream(&world.caller(), request("Hi"))
        .await
        .expect_err("no money");
    assert!(matches!(error, Error::Budget { .. }));
}

#[tokio::test]
async fn a_failure_before_any_text_is_tried_again() {
    let world = World::new([
        Scripted::Fail(ModelError::Unavailable),
        reply("Hello.", 10, 1),
    ]);
    let stream = world
        .service
        .stream(&world.caller(), request("Hi"))
        .await
        .expect("admitted");
    let (text, last) = read(stream).await;
    assert_eq!((text.as_str(), last.is_ok()), ("Hello.", true));
}

#[tokio::test]
async fn a_failure_after_some_text_ends_the_stream_and_charges_what_was_said() {
    let world = World::new([
        Scripted::Break("Hello th", ModelError::Unavailable),
        reply("Never.", 1, 1),
    ]);
    let stream = world
        .service
        .stream(&world.caller(), request("Hi"))
        .await
        .expect("admitted");
    let (text, last) = read(stream).await;
    assert_eq!(text, "Hello th");
    assert!(matches!(
        last,
        Err(Error::Model {
            source: ModelError::Unavailable,
            ..
        })
    ));
    assert_eq!(
        world.model.calls(),
        1,
        "the client has read a part of the first attempt"
    );
    let trace = world.store.trace();
    assert!(trace.usage.estimated && trace.usage.output_tokens == 2);
}

#[tokio::test]
async fn a_dropped_stream_cancels_the_run_and_charges_what_was_used() {
    let world = World::new([Scripted::Hang(&["Once upon ", "a time"])]);
    world.budget("1");
    let mut stream = world
        .service
        .stream(&world.caller(), request("Hi"))
        .await
        .expect("admitted");
    while let Some(event) = stream.next().await {
        if matches!(&event, RunEvent::Chunk(text) if text == "a time") {
            break;
        }
    }
    drop(stream);
    world.quiet().await;
    let settlement = world.store.settlement();
    assert_eq!(settlement.end, RunEnd::Cancelled);
    let trace = world.store.trace();
    assert!(trace.usage.estimated);
    assert_eq!(trace.usage.output_tokens, 4, "sixteen characters");
    assert_eq!(trace.output_message.as_deref(), Some("Once upon a time"));
    let state = world.store.state();
    let budget = state.budget.as_ref().expect("a budget");
    assert_eq!(
        (budget.spent, budget.held.is_zero()),
        (trace.usage.total_cost_usd, true)
    );
    assert!(settlement.deliveries.is_empty());
}
