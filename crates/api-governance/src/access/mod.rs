//! The `AuthZEN` Authorization API 1.0: the standard door for any enforcement point. `docs/authzen.md` says what its subjects,
//! actions and resources are in our policies.

mod body;
mod candidates;
mod configuration;
mod decide;
mod evaluation;
mod evaluations;
mod properties;
mod question;
mod search;
mod search_action;
mod search_resource;
mod search_subject;

use axum::extract::Request;
use axum::http::HeaderName;
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use clasper_api_state::ApiState;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The caller's name for the request: every answer carries it back, refusals too.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(evaluation::evaluate_access))
        .routes(routes!(evaluations::evaluate_accesses))
        .routes(routes!(search_subject::search_subjects))
        .routes(routes!(search_resource::search_resources))
        .routes(routes!(search_action::search_actions))
        .routes(routes!(configuration::get_authzen_configuration))
        .layer(from_fn(echo))
}

async fn echo(request: Request, next: Next) -> Response {
    let id = request.headers().get(REQUEST_ID).cloned();
    let mut response = next.run(request).await;
    if let Some(id) = id {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}
