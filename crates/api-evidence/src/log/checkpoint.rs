//! `GET /audit/log/{tenant}/checkpoint`

use axum::extract::State;
use axum::response::Response;
use clasper_api_state::ApiState;
use clasper_http::{ApiPath, Authenticated, Problem, ReadProblems};

use crate::log::caller;
use crate::text;

/// Read the log's checkpoint
///
/// The same as `GET /audit/checkpoint`, where C2SP tlog-tiles has it. Needs the permission `audit:view`.
#[utoipa::path(
    get,
    path = "/audit/log/{tenant}/checkpoint",
    tag = "audit",
    params(("tenant" = String, Path, description = "The tenant", example = "acme")),
    responses(
        (
            status = 200, description = "A signed note (C2SP tlog-checkpoint).", body = String, content_type = "text/plain",
            example = "clasper.example/audit/log/acme\n3\nTszzRgjTG6xce+z2AG31kAXYKBgQVtCSCE40HmuwBb0=\n\n— clasper.example/audit/log/acme pqqErm…\n"
        ),
        (status = 404, description = "There is no such log for this credential.", body = Problem, content_type = "application/problem+json"),
        ReadProblems,
    )
)]
pub(crate) async fn get_log_checkpoint(
    State(state): State<ApiState>,
    authenticated: Authenticated,
    ApiPath(tenant): ApiPath<String>,
) -> Result<Response, Problem> {
    let caller = caller(&authenticated, &tenant)?;
    let checkpoint = state.log.checkpoint(&caller).await?;
    Ok(text::changing(checkpoint.note))
}
