//! `POST /retention/enforce`

use axum::Json;
use axum::extract::State;
use clasper_api_state::ApiState;
use clasper_api_types::{EnforceRetentionBody, EnforceRetentionReply, OkStatus};
use clasper_http::{ApiJson, Authenticated, Problem, WriteProblems};

use crate::retention::view;

/// Drop what is past its days now
///
/// The clock does the same every minute. A bounded number of traces go at once: `complete` says whether any are left. What was dropped
/// is named in entries `traces_dropped`, written with the deletion; the log itself is never shortened. With the daemon key alone and
/// no tenant, every tenant that has a policy and no legal hold. Needs the permission `retention:modify`.
#[utoipa::path(
    post,
    path = "/retention/enforce",
    tag = "retention",
    request_body = EnforceRetentionBody,
    responses(
        (status = 200, description = "What was dropped.", body = EnforceRetentionReply),
        (status = 404, description = "The tenant has set no policy (`no_retention_policy`).", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The tenant is under a legal hold.", body = Problem, content_type = "application/problem+json"),
        WriteProblems,
    )
)]
pub(super) async fn enforce_retention(
    State(state): State<ApiState>,
    authenticated: Authenticated,
    ApiJson(body): ApiJson<EnforceRetentionBody>,
) -> Result<Json<EnforceRetentionReply>, Problem> {
    let mut reply = EnforceRetentionReply {
        status: OkStatus::Ok,
        result: None,
        results: None,
        total_deleted: None,
    };
    if let Some(caller) = authenticated.for_all(body.tenant_id.as_ref()) {
        let all = state.retention.enforce_all(&caller).await?;
        reply.total_deleted = Some(all.iter().map(|one| one.dropped).sum());
        reply.results = Some(all.into_iter().map(view::enforced).collect());
    } else {
        let caller = authenticated.caller(body.tenant_id.as_ref())?;
        let done = state.retention.enforce(&caller).await?;
        reply.result = Some(view::enforced(done));
    }
    Ok(Json(reply))
}
