//! `GET /ops/api/exports`

use axum::Json;
use axum::extract::State;
use clasper_api_state::ApiState;
use clasper_api_types::ExportList;
use clasper_core::Cursor;
use clasper_http::{
    ApiQuery, CursorQuery, PageLimits, Problem, ReadProblems, TenantCaller, TenantQuery,
};

use crate::exports::view;

const LIMITS: PageLimits = PageLimits {
    default: 50,
    max: 200,
};

/// List exports
///
/// The newest first; 50 on a page, at most 200. What is over is listed for 30 days. Needs the permission `audit:export`.
#[utoipa::path(
    get,
    path = "/ops/api/exports",
    tag = "audit",
    params(TenantQuery, CursorQuery),
    responses(
        (status = 200, description = "A page of exports.", body = ExportList),
        (status = 404, description = "The credential may not read the tenant that is named.", body = Problem, content_type = "application/problem+json"),
        ReadProblems,
    )
)]
pub(super) async fn list_exports(
    State(state): State<ApiState>,
    TenantCaller(caller): TenantCaller,
    ApiQuery(page): ApiQuery<CursorQuery>,
) -> Result<Json<ExportList>, Problem> {
    let (limit, after) = page.checked(LIMITS)?;
    let found = state.exports.list(&caller, after.as_ref(), limit).await?;
    Ok(Json(ExportList {
        exports: found.items.into_iter().map(view::export).collect(),
        next_cursor: found.next.as_ref().map(Cursor::encode),
        limit,
    }))
}
