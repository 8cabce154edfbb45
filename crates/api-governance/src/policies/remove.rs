//! `DELETE /ops/api/policies/{policy_id}`

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use clasper_api_state::ApiState;
use clasper_api_types::{DeletePolicyBody, DeletedReply};
use clasper_http::{ApiPath, Authenticated, Problem, WriteProblems};
use clasper_policy::PolicyEdit;

use crate::policies::{in_body, refused};

/// Take a policy out of force
///
/// Of the policies that are saved one by one. What was saved stays. The body may be left out. Audited. Needs the permission
/// `policy:manage`.
#[utoipa::path(
    delete,
    path = "/ops/api/policies/{policy_id}",
    tag = "policies",
    params(("policy_id" = String, Path, description = "The policy's id", example = "look-around")),
    request_body(content = Option<DeletePolicyBody>, example = json!({"tenant_id": "acme"})),
    responses(
        (status = 200, description = "It is out of force.", body = DeletedReply),
        (status = 404, description = "No policy of this id is in force.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "Others kept changing policies at the same time.", body = Problem, content_type = "application/problem+json"),
        WriteProblems,
    )
)]
pub(super) async fn remove_policy(
    State(state): State<ApiState>,
    authenticated: Authenticated,
    ApiPath(policy_id): ApiPath<String>,
    body: Bytes,
) -> Result<Json<DeletedReply>, Problem> {
    let body: DeletePolicyBody = if body.is_empty() {
        DeletePolicyBody::default()
    } else {
        serde_json::from_slice(&body).map_err(|error| Problem::invalid("", error.to_string()))?
    };
    let caller = authenticated.caller(body.tenant_id.as_ref())?;
    let edit = PolicyEdit::Remove { policy_id };
    let removed = state.policies.edit(&caller, &edit).await;
    removed.map_err(|error| refused(error, in_body))?;
    Ok(Json(DeletedReply {
        status: "deleted".to_owned(),
    }))
}
