//! Tools within executions: what adapters ask for and use, and what operators read of it.

mod authorize;
mod consume;
mod get;
mod history;
mod list;
mod registry;
mod view;

use clasper_api_state::ApiState;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(authorize::authorize_tool))
        .routes(routes!(consume::consume_tool))
        .routes(routes!(list::list_tool_authorizations))
        .routes(routes!(get::get_tool_authorization))
        .routes(routes!(registry::list_tools))
        .routes(routes!(history::get_tool))
}
