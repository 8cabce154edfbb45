//! `POST /adapters/register`

use axum::Json;
use axum::extract::State;
use clasper_api_state::ApiState;
use clasper_api_types::{AdapterView, RegisterAdapterBody};
use clasper_delegated::Error;
use clasper_delegated::adapter::Registration;
use clasper_http::{ApiJson, AuthenticatedAdapter, Problem, WriteProblems};

use crate::adapters::view;
use crate::executions::{adapter_caller, risk_class};

/// Register an adapter
///
/// For the first time or again; what it says of its own risk can only raise it, and its certification is set by operators. A
/// new adapter counts as `high` at least until an operator has classified it.
#[utoipa::path(
    post,
    path = "/adapters/register",
    tag = "adapters",
    request_body = RegisterAdapterBody,
    security(("adapter_token" = [])),
    responses((status = 200, description = "The adapter as it is known now.", body = AdapterView), WriteProblems)
)]
pub(super) async fn register_adapter(
    State(state): State<ApiState>,
    adapter: AuthenticatedAdapter,
    ApiJson(body): ApiJson<RegisterAdapterBody>,
) -> Result<Json<AdapterView>, Problem> {
    let own = &adapter.principal;
    if body.adapter_id != own.adapter {
        return Err(Error::ScopeMismatch("adapter").into());
    }
    if body.tenant_id.is_some_and(|named| named != own.tenant) {
        return Err(Error::ScopeMismatch("tenant").into());
    }
    let registration = Registration {
        display_name: body.display_name,
        version: body.version,
        risk_class: risk_class(body.risk_class),
        capabilities: body.capabilities,
        tool_capabilities: body.tool_capabilities.unwrap_or_default(),
        enabled: body.enabled,
    };
    let caller = adapter_caller(adapter);
    let registered = state.adapters.register(&caller, &registration).await?;
    Ok(Json(view::adapter(registered)))
}
