#![doc = include_str!("../README.md")]

mod ingest;
mod keys;

use clasper_api_state::ApiState;
use utoipa_axum::router::OpenApiRouter;

/// Every route of reports, with its description, part by part: whoever serves them need not hold all descriptions at once.
pub fn routes() -> impl Iterator<Item = OpenApiRouter<ApiState>> {
    [ingest::routes, keys::routes]
        .into_iter()
        .map(|part| part())
}
