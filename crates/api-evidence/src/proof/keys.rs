//! `GET /audit/keys`

use axum::Json;
use axum::extract::State;
use clasper_api_state::ApiState;
use clasper_api_types::{LogKeyList, LogKeyView};
use clasper_http::{Problem, ReadProblems, TenantCaller, TenantQuery};

/// List the keys of the log
///
/// The verifier keys that sign the tenant's checkpoints and bundles, the oldest first; retired ones stay, as what they signed stays
/// verifiable. Pin a key when you first see it, from somewhere else than what it verifies. Needs the permission `audit:view`.
#[utoipa::path(
    get,
    path = "/audit/keys",
    tag = "audit",
    params(TenantQuery),
    responses(
        (status = 200, description = "The keys.", body = LogKeyList),
        (status = 404, description = "The credential may not read the tenant that is named.", body = Problem, content_type = "application/problem+json"),
        ReadProblems,
    )
)]
pub(crate) async fn list_audit_keys(
    State(state): State<ApiState>,
    TenantCaller(caller): TenantCaller,
) -> Result<Json<LogKeyList>, Problem> {
    let (origin, ring) = state.log.keys(&caller).await?;
    let keys = ring.keys().iter().map(|key| LogKeyView {
        key: key.key.to_string(),
        key_id: format!("{:08x}", key.key.id()),
        algorithm: "Ed25519".to_owned(),
        current: key.valid_until.is_none(),
        valid_from: key.valid_from.into(),
        valid_until: key.valid_until.map(Into::into),
    });
    Ok(Json(LogKeyList {
        origin: origin.to_string(),
        keys: keys.collect(),
    }))
}
