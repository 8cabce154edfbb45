//! `GET /.well-known/authzen-configuration`

use axum::Json;
use axum::extract::State;
use axum::http::header::HOST;
use axum::http::{HeaderMap, HeaderName, Uri};
use clasper_api_state::ApiState;
use clasper_api_types::AccessMetadata;
use clasper_http::Problem;

const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// Read where the AuthZEN API is
///
/// Absolute addresses: under the configured public address, or else under the host that the request names.
#[utoipa::path(
    get,
    path = "/.well-known/authzen-configuration",
    tag = "authzen",
    security(()),
    responses(
        (status = 200, description = "The addresses.", body = AccessMetadata),
        (status = 400, description = "No public address is configured, and the request names no usable host.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn get_authzen_configuration(
    State(state): State<ApiState>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Json<AccessMetadata>, Problem> {
    let base = match &state.public_url {
        Some(url) => url.trim_end_matches('/').to_owned(),
        None => of_request(&uri, &headers)?,
    };
    Ok(Json(AccessMetadata {
        access_evaluation_endpoint: format!("{base}/access/v1/evaluation"),
        access_evaluations_endpoint: format!("{base}/access/v1/evaluations"),
        search_subject_endpoint: format!("{base}/access/v1/search/subject"),
        search_resource_endpoint: format!("{base}/access/v1/search/resource"),
        search_action_endpoint: format!("{base}/access/v1/search/action"),
        policy_decision_point: base,
    }))
}

fn of_request(uri: &Uri, headers: &HeaderMap) -> Result<String, Problem> {
    let named = headers.get(HOST).and_then(|host| host.to_str().ok());
    let host = uri
        .authority()
        .map(axum::http::uri::Authority::as_str)
        .or(named);
    let fits = |host: &&str| {
        let plain = |c: u8| c.is_ascii_alphanumeric() || b".-:[]".contains(&c);
        !host.is_empty() && host.bytes().all(plain)
    };
    let host = host
        .filter(fits)
        .ok_or_else(|| Problem::invalid("/header/host", "must name the host of this server"))?;
    let forwarded = headers
        .get(FORWARDED_PROTO)
        .map(axum::http::HeaderValue::as_bytes);
    let is_local = ["localhost", "127.0.0.1", "[::1]"]
        .iter()
        .any(|local| host == *local || host.starts_with(&format!("{local}:")));
    // The specification knows https only; plain http is for trying it out on one's own machine.
    let scheme = if is_local && forwarded != Some(b"https") {
        "http"
    } else {
        "https"
    };
    Ok(format!("{scheme}://{host}"))
}
