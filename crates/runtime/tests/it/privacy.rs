//! Personal data and secrets never reach traces, decisions or the audit log.

use clasper_runtime::backend::{Delivery, ToolAnswer};
use serde_json::json;

use crate::fakes::{World, calls, reply, request};

const MAIL: &str = "ann.secret@example.com";
const KEY: &str = "sk-proj-abcdefghijklmnopqrstuvwxyz0123456789";

#[tokio::test]
async fn planted_secrets_are_masked_everywhere() {
    let asked = [
        ("count", json!({"of": MAIL, "password": KEY})),
        (MAIL, json!({"x": KEY})),
    ];
    let world = World::new([
        calls(&format!("Asking {MAIL}"), &asked),
        reply(&format!("{MAIL} has {KEY}"), 1, 1),
    ]);
    world.backend.offer("count", json!({}));
    let result = json!({"mail": MAIL, "note": format!("key {KEY}")});
    *world.backend.answer.lock().expect("fine") = Some(ToolAnswer::Result(result));
    let message = request(&format!("I am {MAIL}, my key is {KEY}"));
    let answer = world
        .service
        .send(&world.caller(), message)
        .await
        .expect("an answer");
    world.quiet().await;

    assert!(
        answer.response.contains(MAIL),
        "the caller reads what the model said"
    );
    let posted = world.backend.posted();
    assert!(matches!(&posted[0].0, Delivery::Message { content, .. } if content.contains(MAIL)));
    let written = world.store.written();
    assert!(written.contains("[EMAIL]"), "something was masked");
    assert!(!written.contains(MAIL), "{written}");
    assert!(!written.contains(KEY), "{written}");
    let redactions = world.store.trace().redactions;
    assert!(
        redactions.get("EMAIL").is_some_and(|n| *n >= 5),
        "{redactions:?}"
    );
}

#[tokio::test]
async fn a_refused_tools_failure_text_is_masked() {
    let world = World::new([calls("", &[("count", json!({}))]), reply("Sorry.", 1, 1)]);
    world.backend.offer("count", json!({}));
    *world.backend.answer.lock().expect("fine") =
        Some(ToolAnswer::Failed(format!("unknown {MAIL}")));
    world
        .service
        .send(&world.caller(), request("Hi"))
        .await
        .expect("an answer");
    assert!(!world.store.written().contains(MAIL));
}
