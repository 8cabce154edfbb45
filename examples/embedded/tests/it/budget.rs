//! What the budget allows is paid, to the nano-dollar, and nothing more.

use axum::http::StatusCode;
use tokio::task::JoinSet;

use crate::support::{Gate, books, desk, open, refund, shop, usd};

#[tokio::test]
async fn money_held_for_one_refund_is_refused_to_another() {
    let folder = tempfile::tempdir().expect("a folder");
    let gate = Gate::closed();
    let desk = open(folder.path(), "10", gate.clone()).await;
    let mut first = JoinSet::new();
    let clone = desk.clone();
    first.spawn(async move { refund(&clone, "6").await });
    gate.was_asked().await;
    assert_eq!(books(&desk).await, (usd("0"), usd("6")));

    let (status, answer) = refund(&desk, "6").await;
    assert_eq!(status, StatusCode::PAYMENT_REQUIRED);
    assert_eq!(answer["code"], "budget_held");

    gate.go.add_permits(1);
    let (status, _) = first.join_next().await.expect("one").expect("no panic");
    assert_eq!(status, StatusCode::CREATED);
    assert_eq!(books(&desk).await, (usd("6"), usd("0")));
    let (status, answer) = refund(&desk, "6").await;
    assert_eq!(status, StatusCode::PAYMENT_REQUIRED);
    assert_eq!(answer["code"], "budget_exceeded");
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_refunds_at_once_pay_exactly_the_budget() {
    let (desk, _folder) = desk("10").await;
    let mut all = JoinSet::new();
    for _ in 0..100 {
        let desk = desk.clone();
        all.spawn(async move { refund(&desk, "1.000000001").await.0 });
    }
    let statuses = all.join_all().await;
    let count = |status| statuses.iter().filter(|s| **s == status).count();
    assert_eq!(count(StatusCode::CREATED), 9);
    assert_eq!(count(StatusCode::PAYMENT_REQUIRED), 91);
    assert_eq!(books(&desk).await, (usd("9.000000009"), usd("0")));
    assert!(desk.audit(1).await.expect("a log").chain.whole);
    desk.close().await;
}

#[tokio::test]
async fn what_is_not_paid_is_free_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let desk = open(folder.path(), "10", shop("4")).await;
    let (status, answer) = refund(&desk, "9").await;
    assert_eq!(status, StatusCode::CREATED);
    assert_eq!(answer["paid_usd"], "4");
    assert_eq!(books(&desk).await, (usd("4"), usd("0")));

    let (status, _) = refund(&desk, "1").await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert_eq!(books(&desk).await, (usd("4"), usd("0")));
    desk.close().await;
}

#[tokio::test]
async fn a_refund_that_the_budget_covers_in_part_is_not_made() {
    let (desk, _folder) = desk("10").await;
    for _ in 0..8 {
        assert_eq!(refund(&desk, "1").await.0, StatusCode::CREATED);
    }
    let (status, answer) = refund(&desk, "5").await;
    assert_eq!(status, StatusCode::PAYMENT_REQUIRED);
    assert_eq!(answer["code"], "budget_exceeded");
    assert_eq!(books(&desk).await, (usd("8"), usd("0")));
    assert_eq!(refund(&desk, "2").await.0, StatusCode::CREATED);
    desk.close().await;
}
