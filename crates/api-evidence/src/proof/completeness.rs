//! `GET /audit/completeness`

use axum::Json;
use axum::extract::State;
use clasper_api_state::ApiState;
use clasper_api_types::{CompletenessReply, OpenDecisionView, PairFaultView};
use clasper_evidence::{Completeness, OpenDecision, PairFault};
use clasper_http::{Problem, ReadProblems, TenantCaller, TenantQuery};

/// Check that every decision has its outcome
///
/// Walks the whole log: each decision must be followed by exactly one outcome, or is open, with its age. It also says whether the entries
/// are whole and make the signed tree, so that `complete` is about the log that was signed. It takes seconds for a million entries. Needs
/// the permission `audit:view`.
#[utoipa::path(
    get,
    path = "/audit/completeness",
    tag = "audit",
    params(TenantQuery),
    responses(
        (status = 200, description = "What was found.", body = CompletenessReply),
        (status = 404, description = "The credential may not read the tenant that is named.", body = Problem, content_type = "application/problem+json"),
        ReadProblems,
    )
)]
pub(crate) async fn check_audit_completeness(
    State(state): State<ApiState>,
    TenantCaller(caller): TenantCaller,
) -> Result<Json<CompletenessReply>, Problem> {
    state
        .log
        .completeness(&caller)
        .await
        .map(reply)
        .map(Json)
        .map_err(Problem::from)
}

fn reply(found: Completeness) -> CompletenessReply {
    let Completeness {
        origin,
        pairs,
        broken,
        checkpoint,
    } = found;
    let signed = checkpoint.as_ref().is_none_or(|(_, same)| *same);
    CompletenessReply {
        complete: pairs.is_complete() && broken.is_none() && signed,
        origin: origin.to_string(),
        entries: pairs.entries,
        paired: pairs.paired,
        open_count: pairs.open_count,
        open: pairs.open.into_iter().map(open).collect(),
        fault_count: pairs.fault_count,
        faults: pairs.faults.iter().map(fault).collect(),
        broken: broken.map(|fault| fault.to_string()),
        checkpoint_size: checkpoint.as_ref().map(|(checkpoint, _)| checkpoint.size),
        checkpoint_matches: checkpoint.map(|(_, same)| same),
    }
}

fn open(open: OpenDecision) -> OpenDecisionView {
    OpenDecisionView {
        decision_id: open.decision,
        seq: open.seq,
        decided_at: open.decided_at.into(),
        age_ms: open.age_ms,
    }
}

fn fault(fault: &PairFault) -> PairFaultView {
    PairFaultView {
        code: fault.code().to_owned(),
        seq: fault.seq(),
    }
}
