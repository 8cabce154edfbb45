//! `PATCH /ops/api/policies/{policy_id}`

use axum::Json;
use axum::extract::State;
use clasper_api_state::ApiState;
use clasper_api_types::{ChangePolicyBody, PolicyReply};
use clasper_http::{ApiJson, ApiPath, Authenticated, Problem, WriteProblems};
use clasper_policy::PolicyEdit;

use crate::policies::{in_body, refused, view};

/// Switch a rule on or off
///
/// Of the policies that are saved one by one. Audited. Needs the permission `policy:manage`.
#[utoipa::path(
    patch,
    path = "/ops/api/policies/{policy_id}",
    tag = "policies",
    params(("policy_id" = String, Path, description = "The policy's id", example = "look-around")),
    request_body = ChangePolicyBody,
    responses(
        (status = 200, description = "The policy as it is now.", body = PolicyReply),
        (status = 404, description = "No rule of this id is in force.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "Others kept changing policies at the same time.", body = Problem, content_type = "application/problem+json"),
        WriteProblems,
    )
)]
pub(super) async fn change_policy(
    State(state): State<ApiState>,
    authenticated: Authenticated,
    ApiPath(policy_id): ApiPath<String>,
    ApiJson(body): ApiJson<ChangePolicyBody>,
) -> Result<Json<PolicyReply>, Problem> {
    let caller = authenticated.caller(body.tenant_id.as_ref())?;
    let edit = PolicyEdit::Enable {
        policy_id: policy_id.clone(),
        enabled: body.enabled,
    };
    let bundle = state.policies.edit(&caller, &edit).await;
    let bundle = bundle.map_err(|error| refused(error, in_body))?;
    let policy = view::of_id(&caller.principal.tenant, &bundle, &policy_id);
    Ok(Json(PolicyReply {
        policy: policy.ok_or_else(Problem::not_found)?,
    }))
}
