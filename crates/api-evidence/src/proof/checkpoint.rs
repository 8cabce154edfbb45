//! `GET /audit/checkpoint`

use axum::extract::State;
use axum::response::Response;
use clasper_api_state::ApiState;
use clasper_http::{Problem, ReadProblems, TenantCaller, TenantQuery};

use crate::text;

/// Read the newest checkpoint
///
/// Size and root of the tenant's log, signed: a C2SP signed note. A new entry is under a checkpoint within a second. Keep checkpoints: a
/// later one must continue every earlier one. Needs the permission `audit:view`.
#[utoipa::path(
    get,
    path = "/audit/checkpoint",
    tag = "audit",
    params(TenantQuery),
    responses(
        (
            status = 200, description = "A signed note (C2SP tlog-checkpoint).", body = String, content_type = "text/plain",
            example = "clasper.example/audit/log/acme\n3\nTszzRgjTG6xce+z2AG31kAXYKBgQVtCSCE40HmuwBb0=\n\n— clasper.example/audit/log/acme pqqErm…\n"
        ),
        (status = 404, description = "The log has no entries, or the credential may not read the tenant that is named.", body = Problem, content_type = "application/problem+json"),
        ReadProblems,
    )
)]
pub(crate) async fn get_audit_checkpoint(
    State(state): State<ApiState>,
    TenantCaller(caller): TenantCaller,
) -> Result<Response, Problem> {
    let checkpoint = state.log.checkpoint(&caller).await?;
    Ok(text::changing(checkpoint.note))
}
