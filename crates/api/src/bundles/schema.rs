//! `GET /api/policies/schema`

use axum::extract::State;
use clasper_core::Permission;
use clasper_http::{Problem, ReadProblems, TenantCaller, TenantQuery};
use clasper_policy::cedar_schema;

use crate::ApiState;
use crate::permission::require;

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
    State(_): State<ApiState>,
    TenantCaller(caller): TenantCaller,
) -> Result<String, Problem> {
    require(&caller, Permission::PolicyView)?;
    Ok(cedar_schema())
}
