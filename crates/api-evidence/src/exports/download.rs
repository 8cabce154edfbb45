//! `GET /ops/api/exports/{export_id}/download`

use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clasper_api_state::ApiState;
use clasper_core::ExportId;
use clasper_exports::ExportState;
use clasper_http::{ApiPath, Problem, ReadProblems, TenantCaller, TenantQuery};

/// Fetch an export
///
/// The archive, until it expires. Each time is in the audit log. `Repr-Digest` (RFC 9530) has the SHA-256 of its bytes. Needs the
/// permission `audit:export`.
#[utoipa::path(
    get,
    path = "/ops/api/exports/{export_id}/download",
    tag = "audit",
    params(("export_id" = String, Path, format = Uuid, description = "The export's id"), TenantQuery),
    responses(
        (status = 200, description = "The archive.", body = [u8], content_type = "application/gzip", example = "(bytes)"),
        (status = 404, description = "There is no such export.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "It is not ready (`export_not_ready`), or not there any more (`export_gone`).", body = Problem, content_type = "application/problem+json"),
        ReadProblems,
    )
)]
pub(super) async fn download_export(
    State(state): State<ApiState>,
    TenantCaller(caller): TenantCaller,
    ApiPath(id): ApiPath<ExportId>,
) -> Result<Response, Problem> {
    let (export, archive) = state.exports.download(&caller, id).await?;
    let digest = match &export.state {
        ExportState::Ready { archive, .. } => STANDARD.encode(archive.sha256.as_bytes()),
        _ => String::new(),
    };
    let name = format!("attachment; filename=\"clasper-export-{id}.tar.gz\"");
    let headers = [
        (CONTENT_TYPE, "application/gzip".to_owned()),
        (CONTENT_LENGTH, archive.bytes.to_string()),
        (CONTENT_DISPOSITION, name),
        (CACHE_CONTROL, "no-store".to_owned()),
    ];
    let digest = [("repr-digest", format!("sha-256=:{digest}:"))];
    Ok((headers, digest, Body::from_stream(archive.stream)).into_response())
}
