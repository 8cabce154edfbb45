//! The audit log.

mod export;
mod filter;
mod list;
mod view;

use clasper_api_state::ApiState;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(list::list_audit_entries))
        .routes(routes!(export::export_audit_entries))
}
