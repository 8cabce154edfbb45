//! `GET /livez`

/// Check that the process answers
///
/// Restart it when it does not.
#[utoipa::path(
    get,
    path = "/livez",
    tag = "health",
    security(()),
    responses((status = 200, description = "It does.", body = String, content_type = "text/plain", example = "ok"))
)]
pub(super) async fn check_liveness() -> &'static str {
    "ok"
}
