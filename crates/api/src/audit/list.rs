//! `GET /audit`

use axum::Json;
use axum::extract::State;
use clasper_api_state::ApiState;
use clasper_api_types::{AuditList, AuditQuery};
use clasper_core::{Cursor, Permission};
use clasper_evidence::AuditFilter;
use clasper_http::{
    ApiQuery, PageLimits, PageQuery, Problem, ReadProblems, Slice, TenantCaller, TenantQuery,
    require,
};

use crate::audit::filter::filter;
use crate::audit::view;

const LIMITS: PageLimits = PageLimits {
    default: 100,
    max: 1000,
};

/// List audit entries
///
/// The tenant's log, newest first; 100 on a page, at most 1000. Needs the permission `audit:view`.
#[utoipa::path(
    get,
    path = "/audit",
    tag = "audit",
    params(TenantQuery, AuditQuery, PageQuery),
    responses(
        (status = 200, description = "A page of the log.", body = AuditList),
        (status = 404, description = "The credential may not read the tenant that is named.", body = Problem, content_type = "application/problem+json"),
        ReadProblems,
    )
)]
pub(super) async fn list_audit_entries(
    State(state): State<ApiState>,
    TenantCaller(caller): TenantCaller,
    ApiQuery(query): ApiQuery<AuditQuery>,
    ApiQuery(page): ApiQuery<PageQuery>,
) -> Result<Json<AuditList>, Problem> {
    require(&caller, Permission::AuditView)?;
    let slice = Slice::from(page.checked(LIMITS)?);
    let filter = AuditFilter {
        limit: slice.limit,
        cursor: slice.cursor,
        offset: slice.offset,
        ..filter(query)?
    };
    let page = state.audit.list_audit(&caller.scope(), &filter).await?;
    Ok(Json(AuditList {
        entries: page.items.into_iter().map(view::entry).collect(),
        has_more: page.next.is_some(),
        next_cursor: page.next.as_ref().map(Cursor::encode),
        limit: filter.limit,
    }))
}
