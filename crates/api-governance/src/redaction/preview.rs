//! `POST /redaction/preview`

use axum::Json;
use axum::extract::State;
use clasper_api_state::ApiState;
use clasper_api_types::{PreviewBody, PreviewReply};
use clasper_http::{ApiJson, Authenticated, Problem, WriteProblems};

use crate::redaction::view;

/// Try what the tenant's redaction makes of a text
///
/// Nothing of it is kept. Tokens of a preview mean nothing elsewhere. Needs the permission `redaction:view`.
#[utoipa::path(
    post,
    path = "/redaction/preview",
    tag = "redaction",
    request_body = PreviewBody,
    responses(
        (status = 200, description = "The text redacted, and what was found where.", body = PreviewReply),
        WriteProblems,
    )
)]
pub(super) async fn preview_redaction(
    State(state): State<ApiState>,
    authenticated: Authenticated,
    ApiJson(body): ApiJson<PreviewBody>,
) -> Result<Json<PreviewReply>, Problem> {
    let caller = authenticated.caller(body.tenant_id.as_ref())?;
    let strategy = body.strategy.map(view::strategy);
    let seen = state.redactions.preview(&caller, &body.text, strategy);
    let seen = seen.await?;
    Ok(Json(PreviewReply {
        redacted: seen.redacted,
        findings: seen.findings.iter().map(view::finding).collect(),
    }))
}
