//! `POST /access/v1/search/resource`

use axum::Json;
use axum::extract::State;
use clasper_api_state::ApiState;
use clasper_api_types::{AccessSearchBody, AccessSearchReply};
use clasper_http::{Authenticated, Problem, WriteProblems};

use crate::access::body::AccessJson;
use crate::access::question::Open;
use crate::access::search::search;

/// Search the resources that a subject may do something to (`AuthZEN`)
///
/// Resources that policies name, and tools and capabilities of registered adapters; nothing else is known here. Each is asked about, and
/// the results are those that may. Needs the permission `policy:view`.
#[utoipa::path(
    post,
    path = "/access/v1/search/resource",
    tag = "authzen",
    request_body = AccessSearchBody,
    responses((status = 200, description = "A page of results.", body = AccessSearchReply), WriteProblems)
)]
pub(super) async fn search_resources(
    State(state): State<ApiState>,
    authenticated: Authenticated,
    AccessJson(body): AccessJson<AccessSearchBody>,
) -> Result<Json<AccessSearchReply>, Problem> {
    let caller = authenticated.caller(None)?;
    Ok(Json(search(&state, &caller, body, Open::Resource).await?))
}
