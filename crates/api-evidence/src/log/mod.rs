//! A tenant's log as C2SP tlog-tiles lays it out: what monitors and witnesses read.

mod checkpoint;
mod tile;

use clasper_api_state::ApiState;
use clasper_core::{Caller, TenantId};
use clasper_http::{Authenticated, Problem};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(checkpoint::get_log_checkpoint))
        .routes(routes!(tile::get_log_tile))
}

/// The caller, for the tenant that the path names. A name that no tenant can have is answered like one that none has.
fn caller(authenticated: &Authenticated, tenant: &str) -> Result<Caller, Problem> {
    let tenant = TenantId::new(tenant).map_err(|_| Problem::not_found())?;
    authenticated.caller(Some(&tenant))
}
