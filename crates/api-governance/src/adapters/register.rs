//! `POST /adapters/register`

use axum::Json;
use axum::extract::State;
use clasper_api_state::ApiState;
use clasper_api_types::{RegisterAdapterBody, RegisteredAdapterReply};
use clasper_delegated::Error;
use clasper_delegated::adapter::Registration;
use clasper_http::{ApiJson, AuthenticatedAdapter, Problem, WriteProblems};
use secrecy::ExposeSecret;

use crate::adapters::view;
use crate::executions::{adapter_caller, risk_class};

/// Register an adapter
///
/// For the first time or again; what it says of its own risk can only raise it, and its certification is set by operators. A
/// new adapter counts as `high` at least until an operator has classified it.
///
/// An adapter that comes with a token signed by the shared secret is given a key of its own, which is shown this once: from
/// then on it may send that as `X-Adapter-Token` and needs the shared secret no more. What its key may ask for is what is
/// registered. Earlier keys stay good for a day.
#[utoipa::path(
    post,
    path = "/adapters/register",
    tag = "adapters",
    request_body = RegisterAdapterBody,
    security(("adapter_token" = [])),
    responses((status = 200, description = "The adapter as it is known now, with a key of its own if it came without one.", body = RegisteredAdapterReply),
        (status = 404, description = "The tenant that the token names does not exist.", body = Problem, content_type = "application/problem+json"),
        WriteProblems
    )
)]
pub(super) async fn register_adapter(
    State(state): State<ApiState>,
    adapter: AuthenticatedAdapter,
    ApiJson(body): ApiJson<RegisterAdapterBody>,
) -> Result<Json<RegisteredAdapterReply>, Problem> {
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
    let registered = state.adapter_keys.register(&caller, &registration).await?;
    let (registered, secret) = registered;
    Ok(Json(RegisteredAdapterReply {
        adapter: view::adapter(registered),
        adapter_token: secret.map(|secret| secret.expose_secret().to_owned()),
    }))
}
