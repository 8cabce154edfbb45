//! `GET /redaction/config`

use axum::Json;
use axum::extract::State;
use clasper_api_state::ApiState;
use clasper_api_types::RedactionReply;
use clasper_http::{Problem, ReadProblems, TenantCaller, TenantQuery};

use crate::redaction::view;

/// Read what the tenant wants redacted
///
/// The version that counts. Needs the permission `redaction:view`.
#[utoipa::path(
    get,
    path = "/redaction/config",
    tag = "redaction",
    params(TenantQuery),
    responses(
        (status = 200, description = "The configuration.", body = RedactionReply),
        (status = 404, description = "The credential may not read the tenant that is named.", body = Problem, content_type = "application/problem+json"),
        ReadProblems,
    )
)]
pub(super) async fn get_redaction(
    State(state): State<ApiState>,
    TenantCaller(caller): TenantCaller,
) -> Result<Json<RedactionReply>, Problem> {
    let record = state.redactions.get(&caller).await?;
    Ok(Json(view::config(record)))
}
