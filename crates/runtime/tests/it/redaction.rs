//! What of a conversation is stored, sent to the model and told, by the tenant's rules; and when redaction fails.

use clasper_core::{AuditEvent, Caller, Classify, Permission, PermissionSet, Usd};
use clasper_privacy::FixedConfig;
use clasper_redaction::{Detector, Entity, Redactor};
use clasper_runtime::backend::ToolAnswer;
use clasper_runtime::run::{Charge, RunEnd};
use clasper_runtime::send::{Error, RunEvent};
use futures::StreamExt;
use serde_json::{Value, json};

use crate::fakes::{Scripted, World, calls, config, reply, request};

const SAID: &str = "Mail bob@example.com, please";

fn under(rules: Value, script: impl IntoIterator<Item = Scripted>) -> World {
    let rules = FixedConfig::of(rules);
    World::redacting(script, config(), |_| {}, Redactor::standard(), rules)
}

fn without_reveal(world: &World) -> Caller {
    let mut caller = world.caller();
    caller.principal.permissions = PermissionSet::EMPTY.with(Permission::AgentRun);
    caller
}

fn said_in(pieces: impl IntoIterator<Item = String>) -> Scripted {
    Scripted::Pieces(pieces.into_iter().collect())
}

fn answers(world: &World, result: Value) {
    *world.backend.answer.lock().expect("not poisoned") = Some(ToolAnswer::Result(result));
}

/// What the model was given, as JSON text.
fn given(world: &World) -> String {
    serde_json::to_string(&*world.model.asked.lock().expect("not poisoned")).expect("JSON")
}

#[tokio::test]
async fn with_tokens_the_provider_and_the_trace_see_none_of_the_values_and_the_sender_sees_them() {
    let world = under(
        json!({"provider": "tokenise"}),
        [reply("I mailed ⟦EMAIL_1⟧, and eve@example.org", 1, 1)],
    );
    let answer = world.service.send(&world.caller(), request(SAID)).await;
    let answer = answer.expect("an answer");
    assert_eq!(
        answer.response,
        "I mailed bob@example.com, and eve@example.org"
    );
    assert!(!given(&world).contains("bob@"), "{}", given(&world));
    assert!(given(&world).contains("⟦EMAIL_1⟧"));
    let trace = world.store.trace();
    assert_eq!(trace.input_message, "Mail ⟦EMAIL_1⟧, please");
    assert_eq!(
        trace.output_message.as_deref(),
        Some("I mailed ⟦EMAIL_1⟧, and ⟦EMAIL_2⟧")
    );
    assert_eq!(trace.redactions.get("EMAIL"), Some(&2));
    assert!(world.store.settlement().kept_values.is_some());
    assert!(!world.store.written().contains("bob@"));
}

#[tokio::test]
async fn who_may_not_see_values_is_told_the_tokens() {
    let world = under(
        json!({"provider": "tokenise"}),
        [reply("To ⟦EMAIL_1⟧", 1, 1)],
    );
    let answer = world
        .service
        .send(&without_reveal(&world), request(SAID))
        .await
        .expect("an answer");
    assert_eq!(answer.response, "To ⟦EMAIL_1⟧");
}

#[tokio::test]
async fn a_stream_of_tokens_is_told_with_its_values_wherever_it_is_cut() {
    let text = "I mailed ⟦EMAIL_1⟧ today";
    let cut = |at: usize| [text[..at].to_owned(), text[at..].to_owned()];
    for at in (0..=text.len()).filter(|at| text.is_char_boundary(*at)) {
        let world = under(json!({"provider": "tokenise"}), [said_in(cut(at))]);
        let mut stream = world
            .service
            .stream(&world.caller(), request(SAID))
            .await
            .expect("a stream");
        let (mut told, mut done) = (String::new(), None);
        while let Some(event) = stream.next().await {
            match event {
                RunEvent::Chunk(piece) => told += &piece,
                RunEvent::Done(reply) => done = Some(reply.response),
                RunEvent::Start { .. } => {}
                RunEvent::Failed(error) => panic!("{error}"),
            }
        }
        assert_eq!(told, "I mailed bob@example.com today", "cut at {at}");
        assert_eq!(done.as_deref(), Some(told.as_str()));
    }
}

#[tokio::test]
async fn a_tool_is_called_with_the_values_and_its_result_goes_back_as_tokens() {
    let world = under(
        json!({"provider": "tokenise"}),
        [
            calls("", &[("mail", json!({"to": "⟦EMAIL_1⟧"}))]),
            reply("Sent to ⟦EMAIL_2⟧", 1, 1),
        ],
    );
    world.backend.offer("mail", json!({"type": "object"}));
    answers(
        &world,
        json!({"copy": "ann@example.net", "password": "hunter2"}),
    );
    let answer = world.service.send(&world.caller(), request(SAID)).await;
    assert_eq!(
        answer.expect("an answer").response,
        "Sent to ann@example.net"
    );
    let called = world.backend.called();
    assert_eq!(called[0].1, json!({"to": "bob@example.com"}));
    for hidden in ["ann@", "bob@", "hunter2"] {
        assert!(!given(&world).contains(hidden), "{hidden}");
        assert!(!world.store.written().contains(hidden), "{hidden}");
    }
}

#[tokio::test]
async fn with_redact_the_provider_is_given_what_is_stored() {
    let rules = json!({"provider": "redact", "pii": {"strategies": {"EMAIL": "drop"}}});
    let world = under(rules, [reply("ok", 1, 1)]);
    let said = request("Mail bob@example.com from 10.0.0.1");
    world
        .service
        .send(&world.caller(), said)
        .await
        .expect("an answer");
    assert!(
        given(&world).contains("Mail  from [IP]"),
        "{}",
        given(&world)
    );
}

#[tokio::test]
async fn answers_are_redacted_where_the_tenant_says_so_streamed_or_whole() {
    let rules = || json!({"answers": "redact"});
    let text = "Ask eve@example.org or call +49 30 901820";
    let world = under(rules(), [reply(text, 1, 1)]);
    let whole = world.service.send(&world.caller(), request("hi")).await;
    let whole = whole.expect("an answer").response;
    assert_eq!(whole, "Ask [EMAIL] or call [PHONE]");
    let pieces = text.chars().map(String::from);
    let world = under(rules(), [said_in(pieces)]);
    let stream = world.service.stream(&world.caller(), request("hi")).await;
    let told: Vec<String> = stream
        .expect("a stream")
        .filter_map(async |event| match event {
            RunEvent::Chunk(piece) => Some(piece),
            _ => None,
        })
        .collect()
        .await;
    assert_eq!(told.concat(), whole);
}

#[tokio::test]
async fn pseudonyms_are_the_tenants_own() {
    let rules = || json!({"pii": {"strategy": "hash"}});
    let (mut kept, tenants) = (Vec::new(), ["acme", "globex"]);
    for tenant in tenants {
        let world = under(rules(), [reply("ok", 1, 1)]);
        let mut caller = world.caller();
        caller.principal.tenant = clasper_core::TenantId::new(tenant).expect("a name");
        let answer = world.service.send(&caller, request(SAID)).await;
        answer.expect("an answer");
        kept.push(world.store.trace().input_message);
    }
    assert!(kept[0].starts_with("Mail [EMAIL#"), "{}", kept[0]);
    assert_ne!(kept[0], kept[1]);
}

/// Breaks when it sees the word.
#[derive(Debug)]
struct Broken(&'static str);

impl Detector for Broken {
    fn entity(&self) -> Entity {
        Entity::Secret
    }

    fn max_length(&self) -> usize {
        16
    }

    fn length(&self, _: &str, text: &str) -> Option<usize> {
        assert!(!text.starts_with(self.0), "a rule that is wrong");
        None
    }
}

fn broken(word: &'static str, rules: Value, script: impl IntoIterator<Item = Scripted>) -> World {
    let redactor = Redactor::standard().with_detector(Broken(word));
    World::redacting(script, config(), |_| {}, redactor, FixedConfig::of(rules))
}

/// The run ended without an answer: it is in the books, nothing is held and nothing was written of its words.
fn is_in_the_books(world: &World, error: &Error, secret: &str) {
    assert_eq!(error.code(), "redaction_failed");
    assert_eq!(error.kind(), clasper_core::ErrorKind::Unavailable);
    let settlement = world.store.settlement();
    assert_eq!(settlement.end, RunEnd::Failed);
    assert_eq!(settlement.reason.as_deref(), Some("redaction_failed"));
    assert_eq!(error.trace(), Some(settlement.trace.id));
    assert!(world.store.state().open.is_empty(), "nothing is held");
    assert!(world.store.state().outbox.is_empty());
    assert!(!world.store.written().contains(secret), "{secret}");
}

#[tokio::test]
async fn a_message_that_cannot_be_redacted_goes_nowhere() {
    let world = broken("Hildegard", json!({}), [reply("ok", 1, 1)]);
    let error = world
        .service
        .send(&world.caller(), request("for Hildegard"))
        .await
        .expect_err("refused");
    is_in_the_books(&world, &error, "Hildegard");
    assert_eq!(world.store.settlement().charge, Charge::Actual(Usd::ZERO));
    assert_eq!(world.model.calls(), 0, "nothing went to the model");
}

#[tokio::test]
async fn an_answer_that_cannot_be_redacted_is_neither_told_nor_stored() {
    let world = broken("Hildegard", json!({}), [reply("dear Hildegard", 1, 1)]);
    let error = world
        .service
        .send(&world.caller(), request("hi"))
        .await
        .expect_err("refused");
    is_in_the_books(&world, &error, "Hildegard");
    let events = world.store.events();
    assert!(
        events.contains(&AuditEvent::AgentExecutionFailed),
        "{events:?}"
    );
}

#[tokio::test]
async fn a_stream_that_cannot_be_redacted_ends_before_the_words() {
    let rules = json!({"answers": "redact"});
    let pieces = ["dear ", "Hilde", "gard, yours"].map(str::to_owned);
    let world = broken("Hildegard", rules, [said_in(pieces)]);
    let stream = world.service.stream(&world.caller(), request("hi")).await;
    let events: Vec<RunEvent> = stream.expect("a stream").collect().await;
    let told: String = events
        .iter()
        .filter_map(|event| match event {
            RunEvent::Chunk(piece) => Some(piece.as_str()),
            _ => None,
        })
        .collect();
    assert!(!told.contains("Hilde"), "{told}");
    let Some(RunEvent::Failed(error)) = events.last() else {
        panic!("{events:?}");
    };
    is_in_the_books(&world, error, "Hildegard");
}

#[tokio::test]
async fn a_tools_result_that_cannot_be_redacted_does_not_reach_the_model() {
    let script = [calls("", &[("find", json!({}))]), reply("ok", 1, 1)];
    let world = broken("Hildegard", json!({"provider": "redact"}), script);
    world.backend.offer("find", json!({"type": "object"}));
    answers(&world, json!({"name": "Hildegard"}));
    let error = world
        .service
        .send(&world.caller(), request("hi"))
        .await
        .expect_err("refused");
    is_in_the_books(&world, &error, "Hildegard");
    assert!(!given(&world).contains("Hildegard"));
}

#[tokio::test]
async fn a_stored_configuration_that_cannot_be_used_lets_nothing_pass() {
    let world = under(
        json!({"pii": {"patterns": ["SHOE_SIZE"]}}),
        [reply("ok", 1, 1)],
    );
    let error = world
        .service
        .send(&world.caller(), request(SAID))
        .await
        .expect_err("refused");
    is_in_the_books(&world, &error, "bob@");
    assert!(
        error.to_string().contains("PUT /redaction/config"),
        "{error}"
    );
    assert_eq!(world.model.calls(), 0);
}
