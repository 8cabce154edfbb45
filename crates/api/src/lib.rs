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

/// Every route. They still need their state and [`clasper_http::layers`].
pub fn router() -> Router<ApiState> {
    // The descriptions of all routes together are some ten megabytes, which nobody needs who serves them.
    described().fold(docs::routes(), |routes, part| {
        routes.merge(Router::from(part))
    })
}

/// The document that describes every route. It needs neither state nor database.
#[must_use]
pub fn openapi() -> OpenApi {
    let base = OpenApiRouter::with_openapi(document::base());
    let whole = described().fold(base, OpenApiRouter::merge);
    document::complete(whole.into_openapi())
}

fn described() -> impl Iterator<Item = OpenApiRouter<ApiState>> {
    let own = [
        audit::routes,
        prices::routes,
        usage::routes,
        tenants::routes,
        keys::routes,
        health::routes,
        meta::routes,
    ];
    std::iter::once(agents::routes())
        .chain(clasper_api_governance::routes())
        .chain(clasper_api_evidence::routes())
        .chain(clasper_api_traces::routes())
        .chain(clasper_api_telemetry::routes())
        .chain(own.into_iter().map(|part| part()))
}
