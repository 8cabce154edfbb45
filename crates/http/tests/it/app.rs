//! Routers under test, and what they answered.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use serde_json::Value;
use tower::ServiceExt;

use clasper_core::SequentialIds;
use clasper_http::{HttpLimits, layers};

/// The trace id of the first request of an [`app`].
pub const FIRST_TRACE: &str = "01900000-0000-7000-8000-000000000001";

/// `router` behind the layers, with predictable ids.
pub fn app(router: Router) -> Router {
    limited(router, &HttpLimits::default())
}

pub fn limited(router: Router, limits: &HttpLimits) -> Router {
    layers(router, limits, Arc::new(SequentialIds::default()))
}

/// A response, read whole.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Value,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    pub fn pointer(&self) -> &str {
        self.body["errors"][0]["pointer"].as_str().unwrap_or("none")
    }
}

pub async fn send(app: &Router, request: Request<Body>) -> Answer {
    let response = app
        .clone()
        .oneshot(request)
        .await
        .expect("routers are infallible");
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, usize::MAX).await.expect("a body in memory");
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let mut body = serde_json::from_str(&text).unwrap_or(Value::String(text));
    // Whether `serde_json` keeps the order of the text depends on what else is built with it.
    body.sort_all_objects();
    Answer {
        status: parts.status,
        headers: parts.headers,
        body,
    }
}

pub fn get(uri: &str) -> Request<Body> {
    Request::get(uri)
        .body(Body::empty())
        .expect("a valid request")
}

pub fn post(uri: &str, body: impl Into<Body>) -> Request<Body> {
    Request::post(uri)
        .header("content-type", "application/json")
        .body(body.into())
        .expect("a valid request")
}
