//! A repeated request pays once.

use axum::http::StatusCode;

use crate::support::{Gate, body, books, desk, open, post, usd};

#[tokio::test]
async fn the_same_key_and_request_get_the_same_answer_and_pay_once() {
    let (desk, _folder) = desk("10").await;
    let first = post(&desk, body("3"), Some("a1")).await;
    let again = post(&desk, body("3"), Some("a1")).await;
    assert_eq!(first.0, StatusCode::CREATED);
    assert_eq!(first, again);
    assert_eq!(books(&desk).await, (usd("3"), usd("0")));

    let (status, answer) = post(&desk, body("4"), Some("a1")).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert_eq!(answer["code"], "idempotency_key_reused");
    desk.close().await;
}

#[tokio::test]
async fn a_key_in_use_is_refused_and_one_that_failed_may_be_used_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let gate = Gate::closed();
    let desk = open(folder.path(), "10", gate.clone()).await;
    let refused = post(&desk, body("11"), Some("a1")).await;
    assert_eq!(refused.0, StatusCode::PAYMENT_REQUIRED);

    let clone = desk.clone();
    let first = async { post(&clone, body("3"), Some("a1")).await };
    let second = async {
        gate.was_asked().await;
        let answer = post(&desk, body("3"), Some("a1")).await;
        gate.go.add_permits(1);
        answer
    };
    let (first, second) = tokio::join!(first, second);
    assert_eq!(first.0, StatusCode::CREATED);
    assert_eq!(second.0, StatusCode::CONFLICT);
    assert_eq!(second.1["code"], "in_flight");
    desk.close().await;
}
