//! Tools: judged by two layers, decided and recorded before they are called.

use clasper_core::AuditEvent;
use clasper_governance::Effect;
use clasper_runtime::backend::ToolAnswer;
use clasper_runtime::model::ChatMessage;
use clasper_runtime::send::Error;
use clasper_tracing::StepData;
use serde_json::{Value, json};

use crate::fakes::{Scripted, World, calls, config, reply, request};

const SKILL: &str = "---\nname: counting\ndescription: Counts.\n---\nCount.";
const MANIFEST: &str = "name: counting\nversion: 1.0.0\ndescription: Counts.\ninstructions: Count.\npermissions:\n  tools: [count]\n";

fn schema() -> Value {
    json!({"type": "object", "properties": {"of": {"type": "string"}}, "required": ["of"]})
}

/// What the model was told of its tool calls in request `n`.
fn told(world: &World, n: usize) -> Vec<String> {
    let messages = world.model.request(n).messages;
    let texts = messages.into_iter().filter_map(|message| match message {
        ChatMessage::Tool { content, .. } => Some(content),
        _ => None,
    });
    texts.collect()
}

fn decided(world: &World) -> Vec<(Effect, &'static str)> {
    let state = world.store.state();
    state
        .effects
        .iter()
        .map(|e| (e.decision.effect, e.decision.reason.code()))
        .collect()
}

#[tokio::test]
async fn a_tool_is_decided_called_and_its_outcome_recorded() {
    let world = World::new([
        calls("", &[("count", json!({"of": "sheep"}))]),
        reply("42 sheep.", 1, 1),
    ]);
    world.backend.offer("count", schema());
    let answer = world
        .service
        .send(&world.caller(), request("Count"))
        .await
        .expect("an answer");
    assert_eq!(answer.response, "42 sheep.");
    let key = format!("{}:0", answer.execution_id);
    assert_eq!(
        world.backend.called(),
        [("count".into(), json!({"of": "sheep"}), key)]
    );
    assert_eq!(told(&world, 1), ["42"]);
    assert_eq!(decided(&world), [(Effect::Allow, "permitted")]);
    world.quiet().await;
    let expected = [
        AuditEvent::AgentExecutionStarted,
        AuditEvent::ToolAuthorizationGranted,
        AuditEvent::ToolCallSucceeded,
        AuditEvent::BudgetHoldExtended,
        AuditEvent::AgentExecutionCompleted,
        AuditEvent::DeliverySucceeded,
    ];
    let events = world.store.events();
    let wanted: Vec<_> = events.iter().filter(|e| expected.contains(e)).collect();
    assert_eq!(wanted.len(), events.len());
    let trace = world.store.trace();
    assert_eq!(trace.used_scope.capabilities, ["llm", "tool:count"]);
    assert_eq!(trace.used_scope.step_count, 3);
    let state = world.store.state();
    let effect = &state.effects[0];
    let grant = effect.grant.as_ref().expect("a grant");
    assert_eq!(grant.intent_hash, effect.decision.intent.hash);
}

#[tokio::test]
async fn a_tool_that_failed_is_told_to_the_model() {
    let world = World::new([
        calls("", &[("count", json!({"of": "x"}))]),
        reply("Sorry.", 1, 1),
    ]);
    world.backend.offer("count", schema());
    *world.backend.answer.lock().expect("fine") = Some(ToolAnswer::Failed("no sheep".into()));
    world
        .service
        .send(&world.caller(), request("Count"))
        .await
        .expect("an answer");
    assert_eq!(told(&world, 1), ["error: no sheep"]);
    assert!(world.store.events().contains(&AuditEvent::ToolCallFailed));
}

#[tokio::test]
async fn arguments_that_do_not_fit_are_refused_before_the_call() {
    let bad = [
        ("count", json!({"of": 7})),
        ("count", json!("{\"of\": ")),
        ("count", json!({})),
    ];
    let world = World::new([calls("", &bad), reply("Sorry.", 1, 1)]);
    world.backend.offer("count", schema());
    world
        .service
        .send(&world.caller(), request("Count"))
        .await
        .expect("an answer");
    assert!(world.backend.called().is_empty());
    assert_eq!(decided(&world), [(Effect::Deny, "invalid_arguments"); 3]);
    assert!(
        told(&world, 1)
            .iter()
            .all(|text| text.starts_with("refused (invalid_arguments): "))
    );
}

#[tokio::test]
async fn a_tool_with_a_broken_schema_is_never_called() {
    let world = World::new([calls("", &[("count", json!({}))]), reply("Sorry.", 1, 1)]);
    world.backend.offer("count", json!({"type": 5}));
    world
        .service
        .send(&world.caller(), request("Count"))
        .await
        .expect("an answer");
    assert!(world.backend.called().is_empty());
    assert_eq!(decided(&world), [(Effect::Deny, "invalid_arguments")]);
}

#[tokio::test]
async fn tools_outside_the_skills_are_neither_offered_nor_called() {
    let asked = [
        ("erase", json!({})),
        ("count", json!({"of": "x"})),
        ("magic", json!({})),
    ];
    let world = World::with(
        [calls("", &asked), reply("Done.", 1, 1)],
        config(),
        |folder| {
            let skill = folder.join("skills/counting");
            std::fs::create_dir_all(&skill).expect("made");
            std::fs::write(skill.join("SKILL.md"), SKILL).expect("written");
            std::fs::write(skill.join("skill.yaml"), MANIFEST).expect("written");
        },
    );
    world.backend.offer("count", schema());
    world.backend.offer("erase", json!({}));
    world
        .service
        .send(&world.caller(), request("Count"))
        .await
        .expect("an answer");
    let shown: Vec<_> = world
        .model
        .request(0)
        .tools
        .into_iter()
        .map(|tool| tool.name)
        .collect();
    assert_eq!(shown, ["count"]);
    let expected = [
        (Effect::Deny, "not_in_skill_manifest"),
        (Effect::Allow, "permitted"),
        (Effect::Deny, "unknown_tool"),
    ];
    assert_eq!(decided(&world), expected);
    assert_eq!(world.backend.called().len(), 1);
}

#[tokio::test]
async fn the_tenants_layer_refuses_what_skills_permit() {
    let world = World::new([calls("", &[("erase", json!({}))]), reply("Done.", 1, 1)]);
    world.backend.offer("erase", json!({}));
    let mut caller = world.caller();
    caller.principal.allowed_tools = Some(vec!["count".into()]);
    world
        .service
        .send(&caller, request("Erase"))
        .await
        .expect("an answer");
    assert_eq!(
        decided(&world),
        [(Effect::Deny, "not_in_tenant_permissions")]
    );
    assert!(world.backend.called().is_empty());
    assert!(
        world
            .store
            .events()
            .contains(&AuditEvent::ToolAuthorizationDenied)
    );
}

fn endless() -> impl Iterator<Item = Scripted> {
    std::iter::repeat_with(|| calls("", &[("count", json!({"of": "x"}))]))
}

#[tokio::test]
async fn the_last_step_is_for_an_answer_without_tools() {
    let mut config = config();
    config.max_steps = 5;
    let script = endless().take(2).chain([reply("Enough.", 1, 1)]);
    let world = World::with(script, config, |_| {});
    world.backend.offer("count", schema());
    let answer = world
        .service
        .send(&world.caller(), request("Count"))
        .await
        .expect("an answer");
    assert_eq!(answer.response, "Enough.");
    let last = world.model.request(2);
    assert!(last.tools.is_empty());
    assert!(
        !last
            .messages
            .iter()
            .any(|m| matches!(m, ChatMessage::Tool { .. }))
    );
    let trace = world.store.trace();
    assert_eq!(trace.used_scope.step_count, 5);
    assert!(trace.violations.iter().any(|v| v.kind == "step_limit"));
}

#[tokio::test]
async fn a_model_that_never_answers_runs_out_of_steps() {
    let mut config = config();
    config.max_steps = 5;
    let world = World::with(endless().take(10), config, |_| {});
    world.backend.offer("count", schema());
    let error = world
        .service
        .send(&world.caller(), request("Count"))
        .await
        .expect_err("no answer");
    assert!(matches!(error, Error::StepLimit { .. }));
    assert_eq!(
        world.store.settlement().reason.as_deref(),
        Some("step_limit")
    );
    assert!(world.store.trace().used_scope.step_count <= 5);
}

#[tokio::test]
async fn more_calls_than_steps_in_one_answer_are_refused() {
    let mut config = config();
    config.max_steps = 4;
    let many: Vec<_> = (0..6).map(|_| ("count", json!({"of": "x"}))).collect();
    let world = World::with([calls("", &many), reply("Two.", 1, 1)], config, |_| {});
    world.backend.offer("count", schema());
    world
        .service
        .send(&world.caller(), request("Count"))
        .await
        .expect("an answer");
    assert_eq!(world.backend.called().len(), 2);
    assert_eq!(decided(&world)[2..], [(Effect::Deny, "step_limit"); 4]);
    assert_eq!(world.store.trace().used_scope.step_count, 4);
}

#[tokio::test]
async fn without_the_list_of_tools_the_run_goes_on_without_them() {
    let world = World::new([reply("Hello.", 1, 1)]);
    world
        .backend
        .down
        .store(true, std::sync::atomic::Ordering::SeqCst);
    world
        .service
        .send(&world.caller(), request("Hi"))
        .await
        .expect("an answer");
    let trace = world.store.trace();
    let is_told = |data: &StepData| matches!(data, StepData::Error { code, recoverable: true, .. } if code == "tools_unavailable");
    assert!(trace.steps.iter().any(|step| is_told(&step.data)));
}
