//! Export bundles.

mod cancel;
mod create;
mod download;
mod get;
mod list;
mod view;

use clasper_api_state::ApiState;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(create::create_export, list::list_exports))
        .routes(routes!(get::get_export, cancel::cancel_export))
        .routes(routes!(download::download_export))
}
