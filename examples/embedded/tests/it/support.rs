//! A desk on a throw-away file, and a cashier that waits until it is let go.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use clasper_core::{SystemClock, SystemIds, TenantId, Usd};
use example_embedded::{Cashier, CashierError, DeskOptions, Refund, RefundDesk, Shop, router};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::Semaphore;
use tower::ServiceExt;

pub(crate) fn usd(text: &str) -> Usd {
    text.parse().expect("an amount")
}

/// A shop with one order that is worth `left`.
pub(crate) fn shop(left: &str) -> Arc<Shop> {
    Arc::new(Shop::new([("7".to_owned(), usd(left))]))
}

pub(crate) async fn open(folder: &Path, limit: &str, cashier: Arc<dyn Cashier>) -> RefundDesk {
    RefundDesk::open(DeskOptions {
        file: folder.join("refunds.db"),
        tenant: TenantId::new("shop").expect("a name"),
        monthly_limit: usd(limit),
        cashier,
        clock: Arc::new(SystemClock),
        ids: Arc::new(SystemIds),
    })
    .await
    .expect("the desk opens")
}

/// A desk with a budget of `limit` and an order worth 1000.
pub(crate) async fn desk(limit: &str) -> (RefundDesk, TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    (open(folder.path(), limit, shop("1000")).await, folder)
}

pub(crate) fn body(amount: &str) -> Value {
    json!({"order_id": "7", "amount_usd": amount, "clerk": "kim", "reason": "damaged"})
}

pub(crate) async fn post(desk: &RefundDesk, body: Value, key: Option<&str>) -> (StatusCode, Value) {
    let request = Request::post("/refunds").header("content-type", "application/json");
    let request = match key {
        Some(key) => request.header("idempotency-key", key),
        None => request,
    };
    call(
        desk,
        request.body(body.to_string().into()).expect("a request"),
    )
    .await
}

pub(crate) async fn refund(desk: &RefundDesk, amount: &str) -> (StatusCode, Value) {
    post(desk, body(amount), None).await
}

pub(crate) async fn get(desk: &RefundDesk, path: &str) -> (StatusCode, Value) {
    call(
        desk,
        Request::get(path).body(Body::empty()).expect("a request"),
    )
    .await
}

pub(crate) async fn call(desk: &RefundDesk, request: Request<Body>) -> (StatusCode, Value) {
    let response = router(desk.clone())
        .oneshot(request)
        .await
        .expect("an answer");
    let status = response.status();
    let bytes = to_bytes(response.into_body(), 1 << 20)
        .await
        .expect("a body");
    (status, serde_json::from_slice(&bytes).expect("JSON"))
}

/// What is spent and what is held.
pub(crate) async fn books(desk: &RefundDesk) -> (Usd, Usd) {
    let budget = desk.budget().await.expect("a budget");
    (budget.spent, budget.held)
}

/// Says when it was asked to pay, and pays the whole when it is let go.
pub(crate) struct Gate {
    pub(crate) asked: Semaphore,
    pub(crate) go: Semaphore,
}

impl Gate {
    pub(crate) fn closed() -> Arc<Self> {
        Arc::new(Self {
            asked: Semaphore::new(0),
            go: Semaphore::new(0),
        })
    }

    pub(crate) async fn was_asked(&self) {
        self.asked.acquire().await.expect("never closed").forget();
    }
}

#[async_trait]
impl Cashier for Gate {
    async fn pay(&self, refund: &Refund) -> Result<Usd, CashierError> {
        self.asked.add_permits(1);
        self.go.acquire().await.expect("never closed").forget();
        Ok(refund.amount_usd)
    }
}
