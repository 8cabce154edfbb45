//! `POST /retention/policy`

use axum::Json;
use axum::extract::State;
use clasper_api_state::ApiState;
use clasper_api_types::{OkStatus, SetRetentionBody, SetRetentionReply};
use clasper_core::Permission;
use clasper_http::{ApiJson, Authenticated, Problem, WriteProblems};

use crate::retention::view;

/// Change how traces are kept
///
/// What is absent stays. It counts from the next trace on; what is past its days by it is dropped by the clock within minutes.
/// Errors, refusals and violations are kept by every sampling, and under a legal hold nothing is dropped. Audited. Needs the
/// permission `retention:modify`.
#[utoipa::path(
    post,
    path = "/retention/policy",
    tag = "retention",
    request_body = SetRetentionBody,
    responses(
        (status = 200, description = "The policy as it counts now.", body = SetRetentionReply),
        (status = 404, description = "There is no such tenant.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "Another revision counts than `expected_revision`.", body = Problem, content_type = "application/problem+json"),
        WriteProblems,
    )
)]
pub(super) async fn set_retention(
    State(state): State<ApiState>,
    authenticated: Authenticated,
    ApiJson(body): ApiJson<SetRetentionBody>,
) -> Result<Json<SetRetentionReply>, Problem> {
    let caller = authenticated.caller(body.tenant_id.as_ref())?;
    let change = view::change(&body)?;
    // The service refuses a caller without the permission; until then it must not bring a tenant into being.
    if caller.may(Permission::RetentionModify) {
        state.identity.ensure_tenant(&caller).await?;
    }
    let expected = body.expected_revision;
    let policy = state.retention.set(&caller, change, expected).await?;
    Ok(Json(SetRetentionReply {
        status: OkStatus::Ok,
        policy: view::policy(caller.principal.tenant, policy),
    }))
}
