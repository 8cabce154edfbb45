//! Executions that adapters ask for.

mod body;
mod claims;
mod events;
mod get;
mod request;
mod standing;
mod view;

use clasper_api_state::ApiState;
use clasper_delegated::AdapterCaller;
use clasper_http::AuthenticatedAdapter;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) use body::request as execution_request;
pub(crate) use claims::{edited_claims, risk_class, sensitivity, skill_state};
pub(crate) use standing::{Standing, Verdict, snapshot};

pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(request::request_execution))
        .routes(routes!(get::get_execution))
        .routes(routes!(events::watch_execution))
}

/// The adapter as the use cases know it.
pub(crate) fn adapter_caller(adapter: AuthenticatedAdapter) -> AdapterCaller {
    AdapterCaller {
        principal: adapter.principal,
        trace: adapter.context.record,
    }
}
