#![doc = include_str!("../README.md")]

mod exports;
mod log;
mod proof;
mod text;

use clasper_api_state::ApiState;
use utoipa_axum::router::OpenApiRouter;

/// Every route of evidence, with its description, part by part: whoever serves them need not hold all descriptions at once.
pub fn routes() -> impl Iterator<Item = OpenApiRouter<ApiState>> {
    [proof::routes, log::routes, exports::routes]
        .into_iter()
        .map(|part| part())
}
