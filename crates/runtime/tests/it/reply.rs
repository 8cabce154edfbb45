//! Whole answers: the road from a message to a settled run.

use clasper_core::{AuditEvent, Classify, Usd};
use clasper_runtime::model::{ChatMessage, ModelError, ModelRef, TokenUsage};
use clasper_runtime::run::{Charge, RunEnd};
use clasper_runtime::send::{DeliveryState, Error, HistoryMessage, HistoryRole};
use clasper_tracing::{Integrity, RunStatus, StepData, check_steps};

use crate::fakes::{Scripted, World, config, reply, request};

fn nanos(n: i64) -> Usd {
    Usd::from_nanos(n).expect("not negative")
}

#[tokio::test]
async fn a_message_is_answered_settled_and_posted() {
    let world = World::new([reply("Hello Ann.", 100, 10)]);
    world.budget("1");
    let answer = world
        .service
        .send(&world.caller(), request("Hi"))
        .await
        .expect("an answer");
    assert_eq!(answer.response, "Hello Ann.");
    assert_eq!(answer.task_id.as_deref(), Some("task-Inbox"));
    assert_eq!(answer.delivery, DeliveryState::Delivered);
    assert_eq!(answer.finish_reason, "stop");
    assert_eq!(
        answer.usage,
        TokenUsage {
            input_tokens: 100,
            output_tokens: 10
        }
    );
    // 100 tokens at 150 nano-dollars and 10 at 600.
    assert_eq!(answer.cost.total, nanos(21_000));
    world.quiet().await;

    let state = world.store.state();
    let budget = state.budget.as_ref().expect("a budget");
    assert_eq!((budget.spent, budget.held), (nanos(21_000), Usd::ZERO));
    assert!(state.outbox.is_empty(), "the message arrived");
    drop(state);
    let posted = world.backend.posted();
    assert_eq!(posted.len(), 1);
    assert_eq!(posted[0].1, format!("{}:message", answer.execution_id));
    let expected = [
        AuditEvent::AgentExecutionStarted,
        AuditEvent::AgentExecutionCompleted,
        AuditEvent::DeliverySucceeded,
    ];
    assert_eq!(world.store.events(), expected);
}

#[tokio::test]
async fn the_trace_tells_the_whole_run() {
    let world = World::new([reply("Hello.", 100, 10)]);
    let caller = world.caller();
    let answer = world
        .service
        .send(&caller, request("Hi"))
        .await
        .expect("an answer");
    let trace = world.store.trace();
    assert_eq!(
        (trace.id, trace.execution),
        (caller.trace, answer.execution_id)
    );
    assert_eq!(trace.status, RunStatus::Completed);
    assert_eq!(trace.agent_role, "helper");
    assert_eq!(trace.input_message, "Hi");
    assert_eq!(trace.output_message.as_deref(), Some("Hello."));
    assert_eq!(trace.task_id.as_deref(), Some("task-Inbox"));
    assert_eq!(trace.used_scope.capabilities, ["llm"]);
    assert_eq!(trace.usage.total_cost_usd, answer.cost.total);
    assert!(!trace.usage.estimated);
    assert_eq!(trace.workspace_hash.len(), 64);
    assert_eq!(check_steps(&trace.steps), Integrity::Consistent);
    assert!(matches!(&trace.steps[..], [step] if matches!(step.data, StepData::LlmCall { .. })));
}

#[tokio::test]
async fn the_model_sees_the_workspace_and_the_history_in_order() {
    let world = World::new([reply("Hello.", 1, 1)]);
    let said = |role, content: &str| HistoryMessage {
        role,
        content: content.into(),
    };
    let mut message = request("third");
    message.messages = vec![
        said(HistoryRole::System, "summary"),
        said(HistoryRole::User, "first"),
        said(HistoryRole::Assistant, "second"),
    ];
    world
        .service
        .send(&world.caller(), message)
        .await
        .expect("an answer");
    let asked = world.model.request(0);
    assert!(asked.system.starts_with("You are kind."));
    assert!(asked.system.contains("## Current Time"));
    assert!(matches!(
        &asked.messages[..],
        [ChatMessage::System { .. }, ChatMessage::User { .. }, ChatMessage::Assistant { .. }, ChatMessage::User { content }] if content == "third"
    ));
    assert_eq!(world.store.trace().input_history, 3);
}

#[tokio::test]
async fn a_prompt_in_the_metadata_replaces_the_workspaces() {
    let world = World::new([reply("Arr.", 1, 1)]);
    let mut message = request("Hi");
    message.metadata.system_prompt = Some("You are a pirate.".into());
    world
        .service
        .send(&world.caller(), message)
        .await
        .expect("an answer");
    assert_eq!(world.model.request(0).system, "You are a pirate.");
}

#[tokio::test]
async fn when_every_attempt_fails_the_run_fails_and_costs_nothing() {
    let world = World::new([]);
    world.budget("1");
    let caller = world.caller();
    let error = world
        .service
        .send(&caller, request("Hi"))
        .await
        .expect_err("no model");
    assert!(matches!(
        error,
        Error::Model {
            source: ModelError::Unavailable,
            ..
        }
    ));
    assert_eq!(
        (error.trace(), error.code()),
        (Some(caller.trace), "model_failed")
    );
    assert_eq!(world.model.calls(), 3, "three attempts");
    let settlement = world.store.settlement();
    assert_eq!(settlement.end, RunEnd::Failed);
    assert_eq!(settlement.charge, Charge::Actual(Usd::ZERO));
    assert_eq!(settlement.reason.as_deref(), Some("model_failed"));
    assert!(settlement.deliveries.is_empty());
    assert!(
        world
            .store
            .state()
            .budget
            .as_ref()
            .is_some_and(|b| b.held.is_zero())
    );
    assert!(world.backend.posted().is_empty());
}

#[tokio::test]
async fn a_transient_failure_is_tried_again() {
    let world = World::new([
        Scripted::Fail(ModelError::RateLimited),
        reply("Hello.", 10, 1),
    ]);
    world
        .service
        .send(&world.caller(), request("Hi"))
        .await
        .expect("an answer");
    let trace = world.store.trace();
    let [failed, answered] = &trace.steps[..] else {
        panic!("two steps")
    };
    assert!(
        matches!(&failed.data, StepData::Error { code, recoverable: true, .. } if code == "model_rate_limited")
    );
    assert!(matches!(
        answered.data,
        StepData::LlmCall { attempt: 2, .. }
    ));
}

#[tokio::test]
async fn a_refusal_is_not_tried_again() {
    let world = World::new([
        Scripted::Fail(ModelError::Refused { status: 400 }),
        reply("Hello.", 10, 1),
    ]);
    let error = world
        .service
        .send(&world.caller(), request("Hi"))
        .await
        .expect_err("refused");
    assert!(matches!(
        error,
        Error::Model {
            source: ModelError::Refused { status: 400 },
            ..
        }
    ));
    assert_eq!(world.model.calls(), 1);
}

#[tokio::test]
async fn the_second_model_answers_when_the_first_does_not() {
    let mut config = config();
    let fallback = ModelRef {
        provider: "openai".into(),
        model: "gpt-4o".into(),
    };
    config.fallback_model = Some(fallback.clone());
    let refused = Scripted::Fail(ModelError::Refused { status: 404 });
    let world = World::with([refused, reply("Hello.", 100, 10)], config, |_| {});
    world.budget("1");
    let answer = world
        .service
        .send(&world.caller(), request("Hi"))
        .await
        .expect("an answer");
    assert_eq!(answer.model, fallback);
    // 100 tokens at 2,500 nano-dollars and 10 at 10,000: the price of the model that answered.
    assert_eq!(answer.cost.total, nanos(350_000));
    assert!(
        world
            .store
            .events()
            .contains(&AuditEvent::BudgetHoldExtended),
        "it is dearer than what was held"
    );
    assert_eq!(world.store.trace().provider, "openai");
}

#[tokio::test]
async fn a_call_that_may_have_been_charged_is_charged_by_estimate() {
    let timeouts = (0..3).map(|_| Scripted::Fail(ModelError::Timeout));
    let world = World::new(timeouts);
    world
        .service
        .send(&world.caller(), request("Hi"))
        .await
        .expect_err("no answer");
    let trace = world.store.trace();
    assert!(trace.usage.estimated);
    assert!(trace.usage.total_cost_usd > Usd::ZERO);
    assert_eq!(
        world.store.settlement().charge,
        Charge::Actual(trace.usage.total_cost_usd)
    );
}

#[tokio::test]
async fn an_answer_without_a_count_is_charged_by_estimate() {
    let Scripted::Reply(mut unknown) = reply("12345678", 0, 0) else {
        panic!("a reply")
    };
    unknown.usage = None;
    let world = World::new([Scripted::Reply(unknown)]);
    let answer = world
        .service
        .send(&world.caller(), request("Hi"))
        .await
        .expect("an answer");
    assert_eq!(answer.usage.output_tokens, 2);
    assert!(answer.usage.input_tokens > 0);
    assert!(world.store.trace().usage.estimated);
}

#[tokio::test]
async fn a_kick_off_posts_a_plan_document_too() {
    let world = World::new([reply("1. Begin.", 10, 5)]);
    let mut message = request("Make a plan");
    message.metadata.kickoff_plan = true;
    message.metadata.kickoff_note = Some("Keep it short.".into());
    let answer = world
        .service
        .send(&world.caller(), message)
        .await
        .expect("an answer");
    let posted = world.backend.posted();
    let keys: Vec<_> = posted
        .iter()
        .map(|(delivery, key)| (delivery.kind(), key.clone()))
        .collect();
    let execution = answer.execution_id;
    assert_eq!(
        keys,
        [
            ("message", format!("{execution}:message")),
            ("document", format!("{execution}:document"))
        ]
    );
    let asked = world.model.request(0);
    assert!(
        matches!(&asked.messages[0], ChatMessage::User { content } if content == "Make a plan\n\nKeep it short.")
    );
}

#[tokio::test]
async fn a_nearly_full_context_is_told() {
    let world = World::new([reply("Hello.", 1, 1)]);
    let answer = world
        .service
        .send(&world.caller(), request(&"x".repeat(400_000)))
        .await
        .expect("an answer");
    let warning = answer.context_warning.expect("a warning");
    assert!(
        warning.starts_with("Context usage is 78.")
            && warning.ends_with("% of 128000 tokens. Consider compacting history."),
        "{warning}"
    );
}
