//! What the server is, and whether a backend fits it.

mod compatibility;
mod version;

use clasper_api_state::ApiState;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The version of the contracts that we speak.
const CONTRACT_VERSION: &str = "1.1.0";

pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(version::get_version))
        .routes(routes!(compatibility::check_compatibility))
}
