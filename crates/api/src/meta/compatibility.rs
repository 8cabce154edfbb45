//! `GET /api/compatibility`

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use clasper_api_state::ApiState;
use clasper_api_types::CompatibilityView;
use clasper_core::{Caller, UserId, WorkspaceId};
use clasper_http::{Problem, ReadProblems, TenantCaller, TenantQuery};
use clasper_runtime::backend::AgentIdentity;
use clasper_runtime::compatibility::{Compatibility, assess};

use crate::meta::CONTRACT_VERSION;

/// Check whether the backend fits this server
///
/// Asks the tenant's backend for its contract version and features.
#[utoipa::path(
    get,
    path = "/api/compatibility",
    tag = "meta",
    params(TenantQuery),
    responses(
        (status = 200, description = "It does.", body = CompatibilityView),
        (status = 404, description = "The credential may not read the tenant that is named.", body = Problem, content_type = "application/problem+json"),
        ReadProblems,
        (
            status = 503, description = "It does not, or it did not answer (or this server cannot serve now: a problem).",
            content((CompatibilityView = "application/json"), (Problem = "application/problem+json"))
        ),
    )
)]
pub(super) async fn check_compatibility(
    State(state): State<ApiState>,
    TenantCaller(caller): TenantCaller,
) -> (StatusCode, Json<CompatibilityView>) {
    let view = match state.backend.capabilities(&agent(&caller)).await {
        Ok(capabilities) => judged(assess(&capabilities)),
        Err(error) => unanswered(error.to_string()),
    };
    let status = if view.compatible {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (status, Json(view))
}

/// The backend is asked in the caller's name, or in ours when the credential names no user.
fn agent(caller: &Caller) -> AgentIdentity {
    let system = || UserId::new("system").expect("a plain word is a valid name");
    AgentIdentity {
        user: caller.principal.user.clone().unwrap_or_else(system),
        role: "system".to_owned(),
        tenant: caller.principal.tenant.clone(),
        workspace: WorkspaceId::new("default").expect("a plain word is a valid name"),
        trace: caller.trace,
    }
}

fn judged(verdict: Compatibility) -> CompatibilityView {
    CompatibilityView {
        compatible: verdict.compatible,
        clasper_contract_version: CONTRACT_VERSION.to_owned(),
        control_plane_contract_version: Some(verdict.control_plane_contract_version),
        warnings: verdict.warnings,
        missing_features: verdict.error.is_some().then_some(verdict.missing_features),
        error: verdict.error,
    }
}

fn unanswered(error: String) -> CompatibilityView {
    CompatibilityView {
        compatible: false,
        clasper_contract_version: CONTRACT_VERSION.to_owned(),
        control_plane_contract_version: None,
        warnings: Vec::new(),
        error: Some(error),
        missing_features: Some(Vec::new()),
    }
}
