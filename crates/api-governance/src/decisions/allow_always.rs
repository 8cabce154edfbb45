//! `GET` and `POST /ops/api/decisions/{decision_id}/allow-always`

use axum::Json;
use axum::extract::State;
use clasper_api_state::ApiState;
use clasper_api_types::{AllowAlwaysBody, AllowAlwaysProposal, AllowAlwaysQuery, AllowAlwaysReply};
use clasper_core::DecisionId;
use clasper_delegated::{AllowAlways, DEFAULT_ALLOW_ALWAYS};
use clasper_http::{
    ApiJson, ApiPath, ApiQuery, Authenticated, Problem, ReadProblems, WriteProblems,
};

/// Show the policy that would allow this always
///
/// The same intent again, to the last argument, until `expires_at` (a week from now unless it is given; 30 days at most). Nothing
/// is saved: repeat `expires_at` and `digest` to save it. Needs the permission `decision:resolve`.
#[utoipa::path(
    get,
    path = "/ops/api/decisions/{decision_id}/allow-always",
    tag = "decisions",
    params(("decision_id" = String, Path, format = Uuid, description = "The decision's id"), AllowAlwaysQuery),
    responses(
        (status = 200, description = "The policy, not saved.", body = AllowAlwaysProposal),
        (status = 404, description = "There is no such decision in this tenant.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "It was not approved, or stands for more than itself.", body = Problem, content_type = "application/problem+json"),
        ReadProblems,
    )
)]
pub(super) async fn propose_allow_always(
    State(state): State<ApiState>,
    authenticated: Authenticated,
    ApiPath(decision): ApiPath<DecisionId>,
    ApiQuery(query): ApiQuery<AllowAlwaysQuery>,
) -> Result<Json<AllowAlwaysProposal>, Problem> {
    let caller = authenticated.caller(query.tenant_id.as_ref())?;
    let default = || state.clock.now() + DEFAULT_ALLOW_ALWAYS;
    let expires_at = query.expires_at.map_or_else(default, |time| time.0);
    let executions = &state.executions;
    let proposed = executions
        .propose_allow_always(&caller, decision, expires_at)
        .await?;
    Ok(Json(view(proposed)))
}

/// Allow this always
///
/// Saves the policy that was shown and puts it in force. Needs the permissions `decision:resolve` and `policy:manage`.
#[utoipa::path(
    post,
    path = "/ops/api/decisions/{decision_id}/allow-always",
    tag = "decisions",
    params(("decision_id" = String, Path, format = Uuid, description = "The decision's id")),
    request_body = AllowAlwaysBody,
    responses(
        (status = 200, description = "The policy, in force.", body = AllowAlwaysReply),
        (status = 404, description = "There is no such decision in this tenant.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "It was not approved, or stands for more than itself.", body = Problem, content_type = "application/problem+json"),
        WriteProblems,
    )
)]
pub(super) async fn allow_always(
    State(state): State<ApiState>,
    authenticated: Authenticated,
    ApiPath(decision): ApiPath<DecisionId>,
    ApiJson(body): ApiJson<AllowAlwaysBody>,
) -> Result<Json<AllowAlwaysReply>, Problem> {
    let caller = authenticated.caller(body.tenant_id.as_ref())?;
    let digest = body
        .digest
        .parse()
        .map_err(|_| Problem::invalid("/digest", "must be the digest that was shown, sha256:…"))?;
    let executions = &state.executions;
    let (allowed, bundle) = executions
        .allow_always(&caller, decision, body.expires_at.0, digest)
        .await?;
    Ok(Json(AllowAlwaysReply {
        policy: allowed.rule,
        policy_bundle_hash: bundle.hash.to_string(),
    }))
}

fn view(proposed: AllowAlways) -> AllowAlwaysProposal {
    AllowAlwaysProposal {
        expires_at: proposed.policy.expires_at.into(),
        digest: proposed.digest.to_string(),
        policy: proposed.rule,
    }
}
