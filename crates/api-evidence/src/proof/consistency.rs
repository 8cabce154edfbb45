//! `GET /audit/consistency`

use axum::Json;
use axum::extract::State;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clasper_api_state::ApiState;
use clasper_api_types::{ConsistencyQuery, ConsistencyReply};
use clasper_core::Sha256Digest;
use clasper_http::{ApiQuery, Problem, ReadProblems, TenantCaller, TenantQuery};

/// Prove that the log only grew
///
/// That the tree of `to` entries continues the tree of `from` entries (RFC 9162, section 2.1.4): compare `from_root` with the checkpoint you
/// kept, and follow `proof` from it to `to_root`. Hashes are base64, as on checkpoints. Needs the permission `audit:view`.
#[utoipa::path(
    get,
    path = "/audit/consistency",
    tag = "audit",
    params(TenantQuery, ConsistencyQuery),
    responses(
        (status = 200, description = "The proof.", body = ConsistencyReply),
        (status = 404, description = "The log has no entries, or the credential may not read the tenant that is named.", body = Problem, content_type = "application/problem+json"),
        ReadProblems,
    )
)]
pub(crate) async fn prove_audit_consistency(
    State(state): State<ApiState>,
    TenantCaller(caller): TenantCaller,
    ApiQuery(query): ApiQuery<ConsistencyQuery>,
) -> Result<Json<ConsistencyReply>, Problem> {
    let proof = state.log.consistency(&caller, query.from, query.to).await?;
    Ok(Json(ConsistencyReply {
        origin: proof.origin.to_string(),
        from: proof.from.0,
        from_root: base64(&proof.from.1),
        to: proof.to.0,
        to_root: base64(&proof.to.1),
        proof: proof.hashes.iter().map(base64).collect(),
        checkpoint: proof.checkpoint.note,
    }))
}

fn base64(hash: &Sha256Digest) -> String {
    STANDARD.encode(hash.as_bytes())
}
