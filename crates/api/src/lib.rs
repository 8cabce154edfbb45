#![doc = include_str!("../README.md")]

mod access;
mod adapters;
mod agents;
mod audit;
mod budget;
mod bundles;
mod decisions;
mod docs;
mod document;
mod evaluation;
mod executions;
mod forecast;
mod health;
mod keys;
mod meta;
mod page;
mod permission;
mod policies;
mod risk;
mod state;
mod tenants;
mod traces;
mod usage;

use axum::Router;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;

pub use forecast::CostHistories;
pub use health::{Readiness, ReadinessReport};
pub use state::{ApiDeps, ApiState, MetricsText, ServerInfo};

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
        .merge(executions::routes())
        .merge(decisions::routes())
        .merge(adapters::routes())
        .merge(policies::routes())
        .merge(bundles::routes())
        .merge(evaluation::routes())
        .merge(access::routes())
        .merge(risk::routes())
        .merge(forecast::routes())
        .merge(traces::routes())
        .merge(audit::routes())
        .merge(budget::routes())
        .merge(usage::routes())
        .merge(tenants::routes())
        .merge(keys::routes())
        .merge(health::routes())
        .merge(meta::routes())
}
