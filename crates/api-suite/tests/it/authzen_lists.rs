//! The batches and searches of the `AuthZEN` Authorization API 1.0.

use serde_json::json;

use crate::app::Answer;
use crate::authzen::{admin, ask, ids, named, pdp, question, record, record_that_is, user};

fn decisions(answer: &Answer) -> Vec<bool> {
    let evaluations = answer.body["evaluations"].as_array();
    let list = evaluations.unwrap_or_else(|| panic!("{}", answer.text));
    let decided = list.iter().map(|item| item["decision"].as_bool());
    decided
        .map(|decision| decision.expect("a decision"))
        .collect()
}

#[tokio::test]
async fn several_questions_share_defaults_and_keep_their_order() {
    let app = pdp().await;
    for (body, expected) in [
        (
            json!({"subject": user("bob"), "resource": record("record-1"), "evaluations": [
            {"action": named("read")}, {"action": named("write")}]}),
            vec![true, false],
        ),
        (
            json!({"subject": user("alice"), "action": named("write"), "evaluations": [
            {"resource": record_that_is("active", "record-1")}, {"resource": record_that_is("archived", "record-2")}]}),
            vec![true, false],
        ),
        (
            json!({"action": named("write"), "resource": record_that_is("archived", "record-2"), "evaluations": [
            {"subject": user("alice")}, {"subject": admin()}]}),
            vec![false, true],
        ),
        (
            json!({"evaluations": [question(user("alice"), named("read"), record("record-1")),
            question(user("bob"), named("write"), record("record-1"))]}),
            vec![true, false],
        ),
        (
            json!({"subject": user("alice"), "action": named("write"), "resource": {"type": "record"}, "evaluations": [
            {"resource": {"id": "record-1", "properties": {"status": "active"}}},
            {"resource": record_that_is("archived", "record-2")}]}),
            vec![true, false],
        ),
        // A question that cannot be asked is no reason to leave the others unanswered.
        (
            json!({"subject": user("alice"), "action": named("read"), "evaluations": [
            {"resource": record("record-1")}, {}]}),
            vec![true, false],
        ),
    ] {
        let answer = ask(&app, "evaluations", &body).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert_eq!(decisions(&answer), expected, "{body}");
        assert!(answer.body.get("decision").is_none());
    }
}

#[tokio::test]
async fn without_questions_the_defaults_are_the_only_one() {
    let app = pdp().await;
    let mut body = question(user("alice"), named("read"), record("record-1"));
    assert_eq!(ask(&app, "evaluations", &body).await.body["decision"], true);
    body["evaluations"] = json!([]);
    assert_eq!(ask(&app, "evaluations", &body).await.body["decision"], true);
}

#[tokio::test]
async fn a_batch_may_end_at_the_first_denial_or_permit() {
    let app = pdp().await;
    let questions = |semantic: &str| {
        json!({"subject": user("bob"), "resource": record("record-1"),
        "options": {"evaluations_semantic": semantic, "another_option": "value"},
        "evaluations": [{"action": named("read")}, {"action": named("write")}, {"action": named("read")}]})
    };
    for (semantic, expected) in [
        ("execute_all", vec![true, false, true]),
        ("deny_on_first_deny", vec![true, false]),
        ("permit_on_first_permit", vec![true]),
    ] {
        assert_eq!(
            decisions(&ask(&app, "evaluations", &questions(semantic)).await),
            expected
        );
    }
    assert_eq!(
        ask(&app, "evaluations", &questions("whatever"))
            .await
            .status,
        400
    );
}

#[tokio::test]
async fn searches_find_what_the_fixture_requires() {
    let app = pdp().await;
    let users = json!({"type": "user"});
    let records = json!({"type": "record"});
    let found = ask(
        &app,
        "search/subject",
        &question(users.clone(), named("read"), record("record-1")),
    )
    .await;
    assert_eq!(ids(&found, "id"), ["alice", "bob"], "{}", found.text);
    assert_eq!(found.body["page"]["next_token"], "");
    let archived = question(
        users,
        named("write"),
        record_that_is("archived", "record-2"),
    );
    assert_eq!(
        ids(&ask(&app, "search/subject", &archived).await, "id"),
        ["bob"]
    );
    let read = question(user("alice"), named("read"), records.clone());
    assert!(ids(&ask(&app, "search/resource", &read).await, "id").contains(&"record-1"));
    let written = question(admin(), named("write"), records);
    assert_eq!(
        ids(&ask(&app, "search/resource", &written).await, "id"),
        ["record-2"]
    );
    let actions = json!({"subject": user("alice"), "resource": record("record-1")});
    assert_eq!(
        ids(&ask(&app, "search/action", &actions).await, "name"),
        ["read", "write"]
    );
    let actions = json!({"subject": admin(), "resource": record_that_is("archived", "record-2")});
    assert!(ids(&ask(&app, "search/action", &actions).await, "name").contains(&"write"));
}

#[tokio::test]
async fn searches_for_the_unknown_are_empty_and_incomplete_ones_refused() {
    let app = pdp().await;
    let nobody = json!({"subject": user("nonexistent-user"), "resource": record("record-1")});
    assert_eq!(
        ask(&app, "search/action", &nobody).await.body["results"],
        json!([])
    );
    let ships = question(
        json!({"type": "spaceship"}),
        named("read"),
        record("record-1"),
    );
    assert_eq!(
        ask(&app, "search/subject", &ships).await.body["results"],
        json!([])
    );
    for (path, body) in [
        (
            "search/subject",
            json!({"subject": {"type": "user"}, "resource": record("record-1")}),
        ),
        (
            "search/resource",
            json!({"action": named("read"), "resource": {"type": "record"}}),
        ),
        ("search/action", json!({"subject": user("alice")})),
        (
            "search/subject",
            question(
                json!({"type": "user"}),
                named("read"),
                json!({"type": "record"}),
            ),
        ),
        (
            "search/resource",
            question(
                json!({"type": "user"}),
                named("read"),
                json!({"type": "record"}),
            ),
        ),
    ] {
        assert_eq!(ask(&app, path, &body).await.status, 400, "{path} {body}");
    }
}

#[tokio::test]
async fn results_come_in_pages() {
    let app = pdp().await;
    let mut body = question(json!({"type": "user"}), named("read"), record("record-1"));
    body["page"] = json!({"limit": 1});
    let first = ask(&app, "search/subject", &body).await;
    assert_eq!(ids(&first, "id"), ["alice"]);
    let token = &first.body["page"]["next_token"];
    assert_ne!(token, "");
    body["page"] = json!({"token": token});
    let rest = ask(&app, "search/subject", &body).await;
    assert_eq!(ids(&rest, "id"), ["bob"]);
    assert_eq!(rest.body["page"]["next_token"], "");
}
