#![doc = include_str!("../README.md")]

mod agents;
mod audit;
mod docs;
mod document;
mod health;
mod keys;
mod meta;
mod prices;
mod tenants;
mod usage;

use axum::Router;
use clasper_api_state::ApiState;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;

/// Every route, and the document that describes them. The router still needs its state and [`clasper_http::layers`].
pub fn router() -> (Router<ApiState>, OpenApi) {
    let (routes, document) = described().split_for_parts();
    let document = document::complete(document);
    (routes.merge(docs::routes(&document)), document)
}

/// The document alone: it needs neither state nor database.
#[must_use]
pub fn openapi() -> OpenApi {
    document::complete(described().into_openapi())
}

fn described() -> OpenApiRouter<ApiState> {
    OpenApiRouter::with_openapi(document::base())
        .merge(agents::routes())
        .merge(clasper_api_governance::routes())
        .merge(clasper_api_evidence::routes())
        .merge(clasper_api_traces::routes())
        .merge(clasper_api_telemetry::routes())
        .merge(audit::routes())
        .merge(prices::routes())
        .merge(usage::routes())
        .merge(tenants::routes())
        .merge(keys::routes())
        .merge(health::routes())
        .merge(meta::routes())
}
