//! `POST /tenants`

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chrono_tz::Tz;
use clasper_api_governance::time_zone;
use clasper_api_state::ApiState;
use clasper_api_types::{CreateTenantBody, TenantReply, TenantView};
use clasper_http::{ApiJson, Authenticated, Problem, WriteProblems};
use clasper_identity::{NewTenant, Tenant, TenantCreation};

/// Create a tenant
///
/// Creating it again with the same values changes nothing. Needs the permission `tenant:create`, which no role has: use the
/// daemon key.
#[utoipa::path(
    post,
    path = "/tenants",
    tag = "tenants",
    request_body = CreateTenantBody,
    responses(
        (status = 201, description = "It is new.", body = TenantReply),
        (status = 200, description = "It was there before, with the same values.", body = TenantReply),
        (status = 409, description = "It was there before, with other values, and stays as it is.", body = Problem, content_type = "application/problem+json"),
        WriteProblems,
    )
)]
pub(super) async fn create_tenant(
    State(state): State<ApiState>,
    authenticated: Authenticated,
    ApiJson(body): ApiJson<CreateTenantBody>,
) -> Result<(StatusCode, Json<TenantReply>), Problem> {
    let caller = authenticated.caller(Some(&body.tenant_id))?;
    let new = NewTenant {
        name: body.name.unwrap_or_else(|| body.tenant_id.to_string()),
        id: body.tenant_id,
        time_zone: body.time_zone.as_deref().map_or(Ok(Tz::UTC), time_zone)?,
    };
    let (name, zone) = (new.name.clone(), new.time_zone);
    match state.identity.create_tenant(&caller, new).await? {
        TenantCreation::Created(tenant) => Ok((StatusCode::CREATED, reply(tenant))),
        TenantCreation::AlreadyExists(tenant)
            if tenant.name == name && tenant.time_zone == zone =>
        {
            Ok((StatusCode::OK, reply(tenant)))
        }
        TenantCreation::AlreadyExists(_) => Err(Problem::new(
            StatusCode::CONFLICT,
            "tenant_exists",
            "a tenant of this id exists with another name or time zone and stays as it is",
        )),
    }
}

fn reply(tenant: Tenant) -> Json<TenantReply> {
    Json(TenantReply {
        tenant: TenantView {
            tenant_id: tenant.id,
            name: tenant.name,
            time_zone: tenant.time_zone.name().to_owned(),
            created_at: tenant.created_at.into(),
        },
    })
}
