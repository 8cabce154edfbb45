//! Questions about a log that have one answer: checkpoint, proofs, keys, completeness.

mod checkpoint;
mod completeness;
mod consistency;
mod inclusion;
mod keys;

use clasper_api_state::ApiState;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(checkpoint::get_audit_checkpoint))
        .routes(routes!(inclusion::prove_audit_entry))
        .routes(routes!(consistency::prove_audit_consistency))
        .routes(routes!(keys::list_audit_keys))
        .routes(routes!(completeness::check_audit_completeness))
}
