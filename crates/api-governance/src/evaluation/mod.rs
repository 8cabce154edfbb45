//! What a request would be told, without asking.

mod ask;
mod dry_run;
mod evaluate;
mod ops_dry_run;
mod view;

use clasper_api_state::ApiState;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) use ask::budgets;

pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(evaluate::evaluate_policy))
        .routes(routes!(dry_run::dry_run_policy))
        .routes(routes!(ops_dry_run::dry_run_policy_ops))
}
