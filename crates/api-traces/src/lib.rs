#![doc = include_str!("../README.md")]

mod events;
mod retention;
mod spans;
mod traces;

use clasper_api_state::ApiState;
use utoipa_axum::router::OpenApiRouter;

/// Every route of traces, with its description, part by part: whoever serves them need not hold all descriptions at once.
pub fn routes() -> impl Iterator<Item = OpenApiRouter<ApiState>> {
    [
        traces::routes,
        events::routes,
        retention::routes,
        spans::routes,
    ]
    .into_iter()
    .map(|part| part())
}
