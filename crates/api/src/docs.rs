//! The document itself, and pages to read it with.

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use bytes::Bytes;
use clasper_api_state::ApiState;
use utoipa::openapi::OpenApi;
use utoipa_swagger_ui::{Config, SwaggerUi};

const DOCUMENT: &str = "/openapi.json";

/// `GET /openapi.json`, written once here, and Swagger UI at `/docs` from files inside the binary.
pub(crate) fn routes(document: &OpenApi) -> Router<ApiState> {
    let text = document
        .to_json()
        .expect("a document of texts and numbers has a JSON form");
    let bytes = Bytes::from(text);
    let serve = move || {
        let bytes = bytes.clone();
        async move { ([(CONTENT_TYPE, "application/json")], bytes) }
    };
    Router::new()
        .route(DOCUMENT, get(serve))
        .merge(SwaggerUi::new("/docs").config(Config::new([DOCUMENT])))
}
