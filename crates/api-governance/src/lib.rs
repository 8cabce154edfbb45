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

/// Every route of decisions, with its description.
#[must_use]
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .merge(executions::routes())
        .merge(decisions::routes())
        .merge(tools::routes())
        .merge(adapters::routes())
        .merge(posture::routes())
        .merge(policies::routes())
        .merge(bundles::routes())
        .merge(evaluation::routes())
        .merge(access::routes())
        .merge(risk::routes())
        .merge(forecast::routes())
        .merge(budget::routes())
        .merge(redaction::routes())
        .merge(webhooks::routes())
}
