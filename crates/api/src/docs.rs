//! The document itself, and pages to read it with.

use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use bytes::Bytes;
use clasper_api_state::ApiState;
use utoipa_swagger_ui::{Config, SwaggerUi};

const DOCUMENT: &str = "/openapi.json";

/// `GET /openapi.json`, written when it is first asked for, and Swagger UI at `/docs` from files inside the binary.
pub(crate) fn routes() -> Router<ApiState> {
    let text = Arc::new(OnceLock::<Bytes>::new());
    let serve = move || {
        let bytes = text.get_or_init(written).clone();
        async move { ([(CONTENT_TYPE, "application/json")], bytes) }
    };
    Router::new()
        .route(DOCUMENT, get(serve))
        .merge(SwaggerUi::new("/docs").config(Config::new([DOCUMENT])))
}

fn written() -> Bytes {
    let text = crate::openapi().to_json();
    Bytes::from(text.expect("a document of texts and numbers has a JSON form"))
}
