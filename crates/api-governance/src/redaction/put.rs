//! `PUT /redaction/config`

use axum::Json;
use axum::extract::State;
use clasper_api_state::ApiState;
use clasper_api_types::{PutRedactionBody, RedactionReply};
use clasper_core::Permission;
use clasper_http::{ApiJson, Authenticated, Problem, WriteProblems};

use crate::redaction::view;

/// Save what the tenant wants redacted
///
/// A new version; it counts from the next message on, on other replicas a second later. What does not compile is refused with a
/// pointer to it. Audited. Needs the permission `redaction:manage`.
#[utoipa::path(
    put,
    path = "/redaction/config",
    tag = "redaction",
    request_body = PutRedactionBody,
    responses(
        (status = 200, description = "The configuration as it counts now.", body = RedactionReply),
        (status = 409, description = "Another revision counts than `expected_revision`.", body = Problem, content_type = "application/problem+json"),
        WriteProblems,
    )
)]
pub(super) async fn put_redaction(
    State(state): State<ApiState>,
    authenticated: Authenticated,
    ApiJson(body): ApiJson<PutRedactionBody>,
) -> Result<Json<RedactionReply>, Problem> {
    let caller = authenticated.caller(body.tenant_id.as_ref())?;
    // The service refuses a caller without the permission; until then it must not bring a tenant into being.
    if caller.may(Permission::RedactionManage) {
        state.identity.ensure_tenant(&caller).await?;
    }
    let expected = body.expected_revision;
    let saved = state
        .redactions
        .put(&caller, body.config, "/config", expected);
    Ok(Json(view::config(saved.await?)))
}
