//! `GET /api/policies/schema`

use clasper_core::Permission;
use clasper_http::{Problem, ReadProblems, TenantCaller, TenantQuery, require};
use clasper_policy::cedar_schema;

/// Read the Cedar schema
///
/// What Cedar policies are validated against, in Cedar's schema language. Needs the permission `policy:view`.
#[utoipa::path(
    get,
    path = "/api/policies/schema",
    tag = "policies",
    params(TenantQuery),
    responses(
        (status = 200, description = "The schema.", body = String, content_type = "text/plain", example = "entity User, Agent;"),
        ReadProblems,
    )
)]
pub(super) async fn get_policy_schema(
    TenantCaller(caller): TenantCaller,
) -> Result<String, Problem> {
    require(&caller, Permission::PolicyView)?;
    Ok(cedar_schema())
}
