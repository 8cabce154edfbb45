//! Budgets.

mod check_get;
mod check_post;
mod get;
mod holds;
mod scope;
mod scopes;
mod set;
mod view;

use clasper_api_state::ApiState;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) use scope::all as scopes_named;
pub use set::time_zone;

pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(get::get_budget, set::set_budget))
        .routes(routes!(
            check_get::check_budget,
            check_post::post_budget_check
        ))
        .routes(routes!(holds::list_holds))
        .routes(routes!(scopes::list_scope_budgets))
}
