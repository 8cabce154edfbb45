//! `POST /ops/api/adapters/telemetry-key/revoke`

use axum::Json;
use axum::extract::State;
use clasper_api_state::ApiState;
use clasper_api_types::{RevokeTelemetryKeyBody, TelemetryKeyReply};
use clasper_http::{ApiJson, Authenticated, Problem, WriteProblems};

use crate::keys::view;

/// Revoke keys of an adapter's reports
///
/// Those of one version, or all. Nothing that they sign is believed any more, and what they signed is refused from now on. Answers
/// with the newest of them. Needs the permission `adapter:manage_keys`.
#[utoipa::path(
    post,
    path = "/ops/api/adapters/telemetry-key/revoke",
    tag = "adapters",
    request_body = RevokeTelemetryKeyBody,
    responses(
        (status = 200, description = "The newest of the keys.", body = TelemetryKeyReply),
        (status = 404, description = "There is no such adapter in this tenant, or it has no such key that is not revoked.", body = Problem, content_type = "application/problem+json"),
        WriteProblems,
    )
)]
pub(super) async fn revoke_telemetry_key(
    State(state): State<ApiState>,
    authenticated: Authenticated,
    ApiJson(body): ApiJson<RevokeTelemetryKeyBody>,
) -> Result<Json<TelemetryKeyReply>, Problem> {
    let caller = authenticated.caller(body.tenant_id.as_ref())?;
    let (version, reason) = (body.version.as_deref(), body.reason.as_deref());
    let keys = state
        .telemetry_keys
        .revoke(&caller, &body.adapter_id, version, reason)
        .await?;
    let is_theirs = |key: &clasper_reports::TelemetryKey| {
        version.is_none() || key.version.as_deref() == version
    };
    let newest = keys.into_iter().find(is_theirs);
    let key = newest.ok_or_else(Problem::not_found)?;
    Ok(Json(TelemetryKeyReply {
        adapter: view::key(key),
    }))
}
