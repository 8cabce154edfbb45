//! `GET /traces/{id}/original`

use axum::Json;
use axum::extract::State;
use clasper_api_state::ApiState;
use clasper_api_types::OriginalReply;
use clasper_core::{Permission, TraceId};
use clasper_http::{ApiPath, Problem, ReadProblems, TenantCaller, TenantQuery, require};

/// Read a trace's messages with the values behind their tokens
///
/// Only traces that were made with tokens (`tokenise`) have such values; they are kept sealed. Every reading is in the audit
/// log before it is answered. Needs the permission `trace:raw`.
#[utoipa::path(
    get,
    path = "/traces/{id}/original",
    tag = "redaction",
    params(("id" = String, Path, format = Uuid, description = "The trace's id"), TenantQuery),
    responses(
        (status = 200, description = "The messages.", body = OriginalReply),
        (status = 404, description = "There is no such trace in this tenant, or it has no tokens.", body = Problem, content_type = "application/problem+json"),
        ReadProblems,
    )
)]
pub(super) async fn get_original(
    State(state): State<ApiState>,
    TenantCaller(caller): TenantCaller,
    ApiPath(id): ApiPath<TraceId>,
) -> Result<Json<OriginalReply>, Problem> {
    require(&caller, Permission::TraceRaw)?;
    let found = state.traces.find_trace(&caller.scope(), id).await?;
    let trace = found.ok_or_else(Problem::not_found)?;
    let said = [Some(trace.input_message), trace.output_message];
    let texts: Vec<&str> = said.iter().flatten().map(String::as_str).collect();
    let revealed = state.redactions.reveal(&caller, &*state.seal, id, &texts);
    let revealed = revealed.await?;
    let mut texts = revealed.texts.into_iter();
    let values = revealed.counts.iter();
    Ok(Json(OriginalReply {
        trace_id: id,
        input_message: texts.next().unwrap_or_default(),
        output_message: texts.next(),
        values: values
            .map(|(kind, n)| (kind.name().to_owned(), n))
            .collect(),
    }))
}
