//! `PATCH /ops/api/adapters/{adapter_id}`

use axum::Json;
use axum::extract::State;
use clasper_api_state::ApiState;
use clasper_api_types::{AdapterView, ChangeAdapterBody};
use clasper_core::AdapterId;
use clasper_delegated::adapter::AdapterChange;
use clasper_http::{ApiJson, ApiPath, Authenticated, Problem, WriteProblems};

use crate::adapters::view;
use crate::executions::risk_class;

/// Change what is known of an adapter
///
/// Enables or disables it, classifies it, says how far it was examined. It takes effect on the next decision, on every
/// replica. Needs the permission `adapter:manage_keys`.
#[utoipa::path(
    patch,
    path = "/ops/api/adapters/{adapter_id}",
    tag = "adapters",
    params(("adapter_id" = String, Path, description = "The adapter's id", example = "openclaw-local")),
    request_body = ChangeAdapterBody,
    responses(
        (status = 200, description = "The adapter as it is known now.", body = AdapterView),
        (status = 404, description = "No such adapter has registered.", body = Problem, content_type = "application/problem+json"),
        WriteProblems,
    )
)]
pub(super) async fn change_adapter(
    State(state): State<ApiState>,
    authenticated: Authenticated,
    ApiPath(adapter): ApiPath<AdapterId>,
    ApiJson(body): ApiJson<ChangeAdapterBody>,
) -> Result<Json<AdapterView>, Problem> {
    let caller = authenticated.caller(body.tenant_id.as_ref())?;
    let change = AdapterChange {
        enabled: body.enabled,
        risk_class: body.risk_class.map(risk_class),
        certification: body.certification_tier.map(view::certification),
    };
    if change == AdapterChange::default() {
        let detail = "name at least one of `enabled`, `risk_class` and `certification_tier`";
        return Err(Problem::invalid("", detail));
    }
    let changed = state.adapters.manage(&caller, &adapter, change).await?;
    Ok(Json(view::adapter(changed)))
}
