//! `GET /audit/log/{tenant}/tile/{path}`

use axum::extract::State;
use axum::response::Response;
use clasper_api_state::ApiState;
use clasper_evidence::TilePath;
use clasper_http::{ApiPath, Authenticated, Problem, ReadProblems};

use crate::log::caller;
use crate::text;

/// Read a tile or an entry bundle
///
/// `<L>/<N>[.p/<W>]` is a tile of hashes, `entries/<N>[.p/<W>]` the entries under the level 0 tile of that place, each after its length in
/// two bytes (C2SP tlog-tiles). They never change. Needs the permission `audit:view`.
#[utoipa::path(
    get,
    path = "/audit/log/{tenant}/tile/{*path}",
    tag = "audit",
    params(
        ("tenant" = String, Path, description = "The tenant", example = "acme"),
        ("path" = String, Path, description = "The tile's path, slashes and all", example = "0/x001/234.p/5"),
    ),
    responses(
        (status = 200, description = "Hashes of 32 bytes each, or entries.", body = [u8], content_type = "application/octet-stream", example = "(bytes)"),
        (status = 404, description = "There is no such log for this credential, or it has no such tile.", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "An entry has more than 65535 bytes, the most that a bundle can carry.", body = Problem, content_type = "application/problem+json"),
        ReadProblems,
    )
)]
pub(crate) async fn get_log_tile(
    State(state): State<ApiState>,
    authenticated: Authenticated,
    ApiPath((tenant, path)): ApiPath<(String, String)>,
) -> Result<Response, Problem> {
    let caller = caller(&authenticated, &tenant)?;
    let path: TilePath = format!("tile/{path}")
        .parse()
        .map_err(|_| Problem::not_found())?;
    let bytes = state.log.tile(&caller, path).await?;
    Ok(text::fixed(bytes))
}
