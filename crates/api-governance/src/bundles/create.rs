//! `POST /api/policies/bundles`

use axum::Json;
use axum::extract::State;
use clasper_api_state::ApiState;
use clasper_api_types::{BundleBody, BundleReply};
use clasper_http::{ApiJson, Authenticated, Problem, WriteProblems};
use clasper_policy::SaveBundle;

use crate::bundles::{source, view};

/// Save a bundle of policies
///
/// It is compiled first: every fault of every policy is named, and nothing is saved. With `activate` it takes the place of
/// the bundle in force of its name, workspace and environment in the same commit. Needs the permission `policy:manage`.
#[utoipa::path(
    post,
    path = "/api/policies/bundles",
    tag = "policies",
    request_body = BundleBody,
    responses(
        (status = 200, description = "The bundle as it was saved.", body = BundleReply),
        (status = 409, description = "Others changed policies at the same time.", body = Problem, content_type = "application/problem+json"),
        WriteProblems,
    )
)]
pub(super) async fn create_bundle(
    State(state): State<ApiState>,
    authenticated: Authenticated,
    ApiJson(body): ApiJson<BundleBody>,
) -> Result<Json<BundleReply>, Problem> {
    let caller = authenticated.caller(body.tenant_id.as_ref())?;
    let activate = body.activate.unwrap_or_default();
    let save = SaveBundle {
        source: source::source(&body, "")?,
        activate,
    };
    let saved = state.policies.save(&caller, save).await;
    let bundle = saved.map_err(|error| source::problem(error, &body, ""))?;
    Ok(Json(BundleReply {
        bundle: view::whole(&bundle, activate),
    }))
}
