//! `GET /audit/{entry_id}/proof`

use axum::extract::State;
use axum::response::Response;
use clasper_api_state::ApiState;
use clasper_core::AuditEntryId;
use clasper_http::{ApiPath, Problem, ReadProblems, TenantCaller, TenantQuery};

use crate::text;

/// Prove that an entry is in the log
///
/// A file that proves it offline: the entry's bytes, the hashes up to the root, and the signed checkpoint. `clasper verify` and any reader
/// of `tlog-proof@v1` check it against a key that they have from elsewhere. Needs the permission `audit:view`.
#[utoipa::path(
    get,
    path = "/audit/{entry_id}/proof",
    tag = "audit",
    params(
        ("entry_id" = String, Path, format = Uuid, description = "The entry's `id`", example = "0190c7a2-5b1e-7c3a-9f00-2b6d5a1e4c11"),
        TenantQuery,
    ),
    responses(
        (
            status = 200, description = "A proof file (C2SP tlog-proof).", body = String, content_type = "text/plain",
            example = "c2sp.org/tlog-proof@v1\nextra eyJhY3RvciI6…\nindex 2\n\nclasper.example/audit/log/acme\n3\n…\n"
        ),
        (status = 404, description = "There is no such entry in the tenant's log.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "It is not under a signed checkpoint yet (`not_signed_yet`): try again in a second.", body = Problem, content_type = "application/problem+json"),
        ReadProblems,
    )
)]
pub(crate) async fn prove_audit_entry(
    State(state): State<ApiState>,
    TenantCaller(caller): TenantCaller,
    ApiPath(entry): ApiPath<AuditEntryId>,
) -> Result<Response, Problem> {
    let proof = state.log.prove(&caller, entry).await?;
    Ok(text::changing(proof.to_string()))
}
