#![doc = include_str!("../README.md")]

mod access;
mod adapters;
mod budget;
mod bundles;
mod decisions;
mod evaluation;
mod executions;
mod forecast;
mod policies;
mod posture;
mod redaction;
mod risk;
mod tools;
mod webhooks;

pub use budget::time_zone;
use clasper_api_state::ApiState;
use utoipa_axum::router::OpenApiRouter;

/// Every route of decisions, with its description, part by part: whoever serves them need not hold all descriptions at once.
pub fn routes() -> impl Iterator<Item = OpenApiRouter<ApiState>> {
    [
        executions::routes,
        decisions::routes,
        tools::routes,
        adapters::routes,
        posture::routes,
        policies::routes,
        bundles::routes,
        evaluation::routes,
        access::routes,
        risk::routes,
        forecast::routes,
        budget::routes,
        redaction::routes,
        webhooks::routes,
    ]
    .into_iter()
    .map(|part| part())
}
