//! Bundles of policies, packs, and what a draft would do.

mod activate;
mod backtest;
mod check;
mod create;
mod deactivate;
mod get;
mod install;
mod list;
mod packs;
mod schema;
mod source;
mod view;

use clasper_api_state::ApiState;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(list::list_bundles, create::create_bundle))
        .routes(routes!(deactivate::deactivate_bundle))
        .routes(routes!(get::get_bundle))
        .routes(routes!(activate::activate_bundle))
        .routes(routes!(check::check_policies))
        .routes(routes!(packs::list_packs))
        .routes(routes!(install::install_pack))
        .routes(routes!(schema::get_policy_schema))
        .routes(routes!(backtest::backtest_policies))
}
