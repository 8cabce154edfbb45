//! Who may send what: everything that is refused before money is held.

use clasper_core::{Classify, ErrorKind, PermissionSet};
use clasper_runtime::model::ModelRef;
use clasper_runtime::send::{Error, SendRequest};

use crate::fakes::{World, config, reply, request};

async fn refusal(change: impl FnOnce(&mut SendRequest)) -> Error {
    let world = World::new([]);
    let mut message = request("Hi");
    change(&mut message);
    let error = world
        .service
        .send(&world.caller(), message)
        .await
        .expect_err("refused");
    assert!(
        world.store.state().openings.is_empty(),
        "nothing was asked of the store"
    );
    error
}

#[tokio::test]
async fn a_credential_sends_for_its_own_user_only() {
    let world = World::new([reply("Hello.", 1, 1)]);
    let error = world
        .service
        .send(&world.caller_for("bob"), request("Hi"))
        .await
        .expect_err("not hers");
    assert!(matches!(error, Error::UserMismatch));
    assert_eq!(error.kind(), ErrorKind::Forbidden);
    world
        .service
        .send(&world.caller_for("ann"), request("Hi"))
        .await
        .expect("her own");
}

#[tokio::test]
async fn the_session_key_must_name_the_same_user() {
    let error = refusal(|r| r.session_key = "user:bob:helper".into()).await;
    assert_eq!(
        (error.code(), error.pointer()),
        ("session_user_mismatch", Some("/session_key"))
    );
    assert_eq!(error.to_string(), "user_id does not match session_key");
}

#[tokio::test]
async fn tricks_in_the_session_key_are_refused() {
    for key in [
        "",
        "user",
        "user:ann",
        "user:ann:",
        "ann:helper",
        "USER:ann:helper",
        "user:ann:../../etc/passwd",
        "user:ann:..",
        "user:ann:a/b",
        "user:ann:a\\b",
        "user:ann:a\0",
        "user:ann:souls%2Fx",
        "user::helper",
        "user:ann:helper:../x",
        "user:ann:h\u{e9}",
    ] {
        let error = refusal(|r| r.session_key = key.into()).await;
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{key:?}");
        assert_eq!(error.pointer(), Some("/session_key"), "{key:?}");
    }
}

#[tokio::test]
async fn what_is_wrong_is_pointed_at() {
    let pointer = |error: Error| error.pointer().map(str::to_owned);
    assert_eq!(
        pointer(refusal(|r| r.user_id = "a b".into()).await).as_deref(),
        Some("/user_id")
    );
    assert_eq!(
        pointer(refusal(|r| r.message = " ".into()).await).as_deref(),
        Some("/message")
    );
    assert_eq!(
        pointer(refusal(|r| r.metadata.timezone = Some("Mars".into())).await).as_deref(),
        Some("/metadata/timezone")
    );
    assert_eq!(
        pointer(refusal(|r| r.task_metadata = Some(7.into())).await).as_deref(),
        Some("/task_metadata")
    );
    assert_eq!(
        pointer(refusal(|r| r.task_id = Some(String::new())).await).as_deref(),
        Some("/task_id")
    );
    assert_eq!(
        pointer(refusal(|r| r.task_title = Some("\n".into())).await).as_deref(),
        Some("/task_title")
    );
    assert_eq!(
        refusal(|r| r.idempotency_key = Some(String::new()))
            .await
            .code(),
        "invalid_idempotency_key"
    );
}

#[tokio::test]
async fn without_any_task_nothing_starts() {
    let mut config = config();
    config.default_task = None;
    let world = World::with([], config, |_| {});
    let error = world
        .service
        .send(&world.caller(), request("Hi"))
        .await
        .expect_err("no task");
    assert_eq!(
        (error.code(), error.pointer()),
        ("task_missing", Some("/task_id"))
    );
}

#[tokio::test]
async fn the_permission_is_asked_first() {
    let world = World::new([]);
    let mut caller = world.caller();
    caller.principal.permissions = PermissionSet::EMPTY;
    let mut message = request("");
    message.user_id.clear();
    let error = world
        .service
        .send(&caller, message)
        .await
        .expect_err("forbidden");
    assert!(matches!(error, Error::Forbidden(_)));
}

#[tokio::test]
async fn a_model_without_a_price_or_a_key_is_refused() {
    for (provider, model, code) in [
        ("scripted", "unheard-of", "price_unknown"),
        (
            "anthropic",
            "claude-3-haiku-20240307",
            "model_not_configured",
        ),
    ] {
        let mut config = config();
        config.default_model = ModelRef {
            provider: provider.into(),
            model: model.into(),
        };
        let world = World::with([], config, |_| {});
        let error = world
            .service
            .send(&world.caller(), request("Hi"))
            .await
            .expect_err("refused");
        assert_eq!(error.code(), code);
        assert!(world.store.state().openings.is_empty());
    }
}

#[tokio::test]
async fn a_stopping_server_takes_no_new_runs() {
    let world = World::new([]);
    world.shutdown.cancel();
    let error = world
        .service
        .send(&world.caller(), request("Hi"))
        .await
        .expect_err("stopping");
    assert!(matches!(error, Error::Stopping));
}

#[tokio::test]
async fn a_repeated_request_gets_the_same_answer_without_a_second_run() {
    let world = World::new([reply("Once.", 10, 1), reply("Twice.", 10, 1)]);
    let mut message = request("Hi");
    message.idempotency_key = Some("k1".into());
    let first = world
        .service
        .send(&world.caller(), message.clone())
        .await
        .expect("an answer");
    let second = world
        .service
        .send(&world.caller(), message.clone())
        .await
        .expect("the same");
    assert_eq!(
        (first.response, first.execution_id),
        (second.response.clone(), second.execution_id)
    );
    assert_eq!(second.response, "Once.");
    assert_eq!((world.model.calls(), world.backend.posted().len()), (1, 1));

    message.message = "Something else".into();
    let error = world
        .service
        .send(&world.caller(), message)
        .await
        .expect_err("another request");
    assert!(matches!(error, Error::IdempotencyKeyReused));
}

#[tokio::test]
async fn a_failed_run_frees_its_key() {
    let refused = clasper_runtime::model::ModelError::Refused { status: 400 };
    let world = World::new([crate::fakes::Scripted::Fail(refused), reply("Now.", 10, 1)]);
    let mut message = request("Hi");
    message.idempotency_key = Some("k1".into());
    world
        .service
        .send(&world.caller(), message.clone())
        .await
        .expect_err("refused");
    let answer = world
        .service
        .send(&world.caller(), message)
        .await
        .expect("an answer");
    assert_eq!(answer.response, "Now.");
}

#[tokio::test]
async fn the_intent_is_what_executes() {
    let hash = async |change: fn(&mut SendRequest)| {
        let world = World::new([reply("Hello.", 1, 1)]);
        let mut message = request("Hi");
        change(&mut message);
        world
            .service
            .send(&world.caller(), message)
            .await
            .expect("an answer");
        let state = world.store.state();
        state.openings[0].intent.hash
    };
    let base = hash(|_| {}).await;
    assert_eq!(base, hash(|_| {}).await);
    assert_ne!(base, hash(|r| r.message = "Ho".into()).await);
    assert_ne!(
        base,
        hash(|r| r.metadata.system_prompt = Some("Other".into())).await
    );
    assert_ne!(base, hash(|r| r.task_title = Some("Other".into())).await);
}
