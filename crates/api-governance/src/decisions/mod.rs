//! Decisions: what operators resolve, and what adapters read of their own.

mod adapter;
mod allow_always;
mod batch;
mod consume;
mod get;
mod list;
mod override_policy;
mod own;
mod precondition;
mod resolve;
mod view;

use clasper_api_state::ApiState;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(list::list_decisions))
        .routes(routes!(batch::resolve_decisions))
        .routes(routes!(get::get_decision))
        .routes(routes!(resolve::resolve_decision))
        .routes(routes!(resolve::resolve_api_decision))
        .routes(routes!(override_policy::override_decision))
        .routes(routes!(
            allow_always::propose_allow_always,
            allow_always::allow_always
        ))
        .routes(routes!(own::get_own_decision))
        .routes(routes!(consume::consume_decision))
        .merge(adapter::routes())
}
