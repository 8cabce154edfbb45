//! `GET /api/version`

use axum::Json;
use axum::extract::State;
use clasper_api_state::ApiState;
use clasper_api_types::VersionView;

use crate::meta::CONTRACT_VERSION;

/// What exists, under the names that the reference implementation uses where it has them.
const FEATURES: [&str; 11] = [
    "traces",
    "governance",
    "budgets",
    "audit",
    "usage",
    "streaming",
    "idempotency",
    "tools",
    "failover",
    "tenants",
    "api_keys",
];

/// Read the server's version
///
/// And what it can do.
#[utoipa::path(
    get,
    path = "/api/version",
    tag = "meta",
    security(()),
    responses((status = 200, description = "The version.", body = VersionView))
)]
pub(super) async fn get_version(State(state): State<ApiState>) -> Json<VersionView> {
    Json(VersionView {
        version: state.info.version.clone(),
        contract_version: CONTRACT_VERSION.to_owned(),
        name: "clasper".to_owned(),
        features: FEATURES.map(str::to_owned).into(),
    })
}
