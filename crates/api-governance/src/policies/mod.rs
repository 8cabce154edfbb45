//! Policies, one by one: each is a member of the bundle `default`, which is saved anew and put in force with every change.

mod change;
mod document;
mod fault;
mod list;
mod remove;
mod save;
mod view;

use clasper_api_state::ApiState;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) use fault::{in_body, refused};
pub(crate) use view::policies as records;

pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(list::list_policies, save::save_policy))
        .routes(routes!(change::change_policy, remove::remove_policy))
}
