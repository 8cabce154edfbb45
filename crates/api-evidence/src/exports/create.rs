//! `POST /ops/api/exports`

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use clasper_api_state::ApiState;
use clasper_api_types::{CreateExportBody, ExportView};
use clasper_exports::ExportScope;
use clasper_http::{ApiJson, Authenticated, Problem, WriteProblems};

use crate::exports::view;

/// Ask for an export
///
/// A signed bundle (`clasper-bundle/v1`, tar.gz) of audit entries, traces, decisions, policies, keys, checkpoint and proofs, made in the
/// background from one snapshot. Everything that was acknowledged before is in it. Verify it with `clasper verify` or
/// `examples/verify.py`. Needs the permission `audit:export`.
#[utoipa::path(
    post,
    path = "/ops/api/exports",
    tag = "audit",
    request_body = CreateExportBody,
    responses(
        (status = 202, description = "It waits for its turn: ask for it until it is ready.", body = ExportView),
        (status = 409, description = "The tenant has as many exports as it may.", body = Problem, content_type = "application/problem+json"),
        WriteProblems,
    )
)]
pub(super) async fn create_export(
    State(state): State<ApiState>,
    authenticated: Authenticated,
    ApiJson(body): ApiJson<CreateExportBody>,
) -> Result<(StatusCode, Json<ExportView>), Problem> {
    let caller = authenticated.caller(body.tenant_id.as_ref())?;
    let scope = ExportScope {
        workspace: body.workspace_id,
        trace: body.trace_id,
        from: body.start_date.map(clasper_api_types::DateOrTime::first),
        to: body.end_date.map(clasper_api_types::DateOrTime::last),
    };
    let export = state.exports.request(&caller, scope).await?;
    Ok((StatusCode::ACCEPTED, Json(view::export(export))))
}
