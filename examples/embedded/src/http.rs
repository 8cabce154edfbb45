//! The service's own routes: nothing here knows of governance.

use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use clasper_core::TraceId;
use serde::Deserialize;
use serde_json::json;

use crate::{CashierError, Error, RefundDesk, RefundRequest};

/// `POST /refunds`, `GET /traces/{id}`, `GET /audit`.
pub fn router(desk: RefundDesk) -> Router {
    Router::new()
        .route("/refunds", post(refund))
        .route("/traces/{id}", get(trace))
        .route("/audit", get(audit))
        .with_state(desk)
}

async fn refund(
    State(desk): State<RefundDesk>,
    headers: HeaderMap,
    body: Result<Json<RefundRequest>, JsonRejection>,
) -> Response {
    let Json(request) = match body {
        Ok(body) => body,
        Err(rejection) => {
            return refusal(rejection.status(), "invalid_body", &rejection.body_text());
        }
    };
    let key = match headers.get("idempotency-key").map(|key| key.to_str()) {
        None => None,
        Some(Ok(key)) if (1..=255).contains(&key.len()) => Some(key.to_owned()),
        Some(_) => {
            let detail = "an Idempotency-Key has 1 to 255 printable characters";
            return refusal(StatusCode::BAD_REQUEST, "invalid_idempotency_key", detail);
        }
    };
    match desk.refund(request, key).await {
        Ok(paid) => (StatusCode::CREATED, Json(paid)).into_response(),
        Err(error) => failure(&error),
    }
}

async fn trace(
    State(desk): State<RefundDesk>,
    id: Result<Path<TraceId>, PathRejection>,
) -> Response {
    let Ok(Path(id)) = id else {
        return refusal(StatusCode::NOT_FOUND, "not_found", "there is no such trace");
    };
    match desk.trace(id).await {
        Ok(Some(trace)) => Json(trace).into_response(),
        Ok(None) => refusal(StatusCode::NOT_FOUND, "not_found", "there is no such trace"),
        Err(error) => failure(&error),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AuditQuery {
    #[serde(default = "usual_limit")]
    limit: u32,
}

const fn usual_limit() -> u32 {
    50
}

async fn audit(
    State(desk): State<RefundDesk>,
    query: Result<Query<AuditQuery>, QueryRejection>,
) -> Response {
    let Query(query) = match query {
        Ok(query) => query,
        Err(rejection) => {
            return refusal(rejection.status(), "invalid_query", &rejection.body_text());
        }
    };
    match desk.audit(query.limit).await {
        Ok(report) => Json(report).into_response(),
        Err(error) => failure(&error.into()),
    }
}

fn failure(error: &Error) -> Response {
    let (status, code, trace) = match error {
        Error::Input => (StatusCode::UNPROCESSABLE_ENTITY, "invalid_refund", None),
        Error::Budget { code, trace } => (StatusCode::PAYMENT_REQUIRED, *code, Some(trace)),
        Error::Cashier { source, trace } => {
            let status = match source {
                CashierError::UnknownOrder => StatusCode::NOT_FOUND,
                CashierError::NothingLeft => StatusCode::CONFLICT,
            };
            (status, "not_paid", Some(trace))
        }
        Error::InFlight => (StatusCode::CONFLICT, "in_flight", None),
        Error::PoliciesChanged => (StatusCode::CONFLICT, "policies_changed", None),
        Error::KeyReused => (StatusCode::CONFLICT, "idempotency_key_reused", None),
        Error::Grant { trace } => (
            StatusCode::INTERNAL_SERVER_ERROR,
            "grant_mismatch",
            Some(trace),
        ),
        Error::Store(_) => (StatusCode::SERVICE_UNAVAILABLE, "database_failed", None),
        Error::Encoding(_) | Error::Interrupted => {
            (StatusCode::INTERNAL_SERVER_ERROR, "internal_error", None)
        }
    };
    if status.is_server_error() {
        tracing::error!(code, error = %error, "a request failed");
    }
    let body = json!({"error": error.to_string(), "code": code, "trace_id": trace});
    (status, Json(body)).into_response()
}

fn refusal(status: StatusCode, code: &str, detail: &str) -> Response {
    (status, Json(json!({"error": detail, "code": code}))).into_response()
}
