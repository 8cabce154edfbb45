//! `POST /ops/api/adapters/telemetry-key`

use axum::Json;
use axum::extract::State;
use clasper_api_state::ApiState;
use clasper_api_types::{SetTelemetryKeyBody, TelemetryKeyReply};
use clasper_http::{ApiJson, Authenticated, Problem, WriteProblems};
use clasper_reports::{Error, KeyAlgorithm, KeyError, PublicKey, SetTelemetryKey};

use crate::keys::view;

/// Set the key of an adapter's reports
///
/// Reports that are signed by it count as signed from now on. It takes the place of the key of the same version; without a version, of
/// every key of the adapter. What earlier keys signed before stays good. Needs the permission `adapter:manage_keys`.
#[utoipa::path(
    post,
    path = "/ops/api/adapters/telemetry-key",
    tag = "adapters",
    request_body = SetTelemetryKeyBody,
    responses(
        (status = 200, description = "The key.", body = TelemetryKeyReply),
        (status = 404, description = "There is no such adapter in this tenant.", body = Problem, content_type = "application/problem+json"),
        WriteProblems,
    )
)]
pub(super) async fn set_telemetry_key(
    State(state): State<ApiState>,
    authenticated: Authenticated,
    ApiJson(body): ApiJson<SetTelemetryKeyBody>,
) -> Result<Json<TelemetryKeyReply>, Problem> {
    let caller = authenticated.caller(body.tenant_id.as_ref())?;
    let algorithm = KeyAlgorithm::of(&body.key_alg).ok_or(Error::Key(KeyError::Algorithm))?;
    let key = PublicKey::read(algorithm, &body.public_jwk).map_err(Error::Key)?;
    let set = SetTelemetryKey {
        adapter: body.adapter_id,
        version: body.version,
        key,
        key_id: body.key_id,
    };
    let key = state.telemetry_keys.set(&caller, set).await?;
    Ok(Json(TelemetryKeyReply {
        adapter: view::key(key),
    }))
}
