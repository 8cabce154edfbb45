//! What an adapter reads of the decisions that it asked for.

mod explain;
mod get;
mod list;
mod since;

use clasper_api_state::ApiState;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(list::list_adapter_decisions))
        .routes(routes!(get::get_adapter_decision))
        .routes(routes!(explain::explain_adapter_decision))
}
