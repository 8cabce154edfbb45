//! Between rows and authorizations of tools.

use clasper_core::{
    AdapterId, CanonicalJson, DecisionId, ExecutionKey, ToolAuthorizationId, TraceId, WorkspaceId,
};
use clasper_delegated::execution::IssuedToken;
use clasper_delegated::tool::{ToolAuthorization, ToolState};
use clasper_entity::tool_authorization::Model;
use sea_orm::DbErr;

use crate::row::{self, corrupt};

const TABLE: &str = "tool_authorizations";

pub(crate) fn tool_row(authorization: &ToolAuthorization, audit_seq: i64) -> Model {
    let token = authorization.token.as_ref();
    Model {
        tenant_id: authorization.tenant.as_str().to_owned(),
        authorization_id: authorization.id.as_uuid(),
        decision_id: authorization.decision.as_uuid(),
        execution_decision_id: authorization.execution.as_uuid(),
        execution_key: authorization.key.as_str().to_owned(),
        adapter_id: authorization.adapter.as_str().to_owned(),
        workspace_id: authorization.workspace.as_str().to_owned(),
        tool: authorization.tool.clone(),
        tool_group: authorization.tool_group.clone(),
        state: authorization.state.name().to_owned(),
        reason: authorization.reason.clone(),
        policy_id: authorization.policy.clone(),
        scope: authorization.scope.as_str().to_owned(),
        scope_hash: authorization.scope_hash.as_bytes().to_vec(),
        token_hash: token.map(|token| token.hash.as_bytes().to_vec()),
        token_expires_at: token.map(|token| token.expires_at.timestamp_micros()),
        used_at: authorization.used_at.map(|at| at.timestamp_micros()),
        reported_at: authorization.reported_at.map(|at| at.timestamp_micros()),
        trace_id: authorization.trace.as_uuid(),
        decided_at: authorization.decided_at.timestamp_micros(),
        audit_seq,
    }
}

pub(crate) fn tool_authorization(row: Model) -> Result<ToolAuthorization, DbErr> {
    let bad = |column| corrupt(TABLE, column);
    let decided_at = row::time(row.decided_at);
    let token = match (row.token_hash, row.token_expires_at) {
        (Some(hash), Some(expires_at)) => Some(IssuedToken {
            hash: row::digest(&hash, TABLE, "token_hash")?,
            issued_at: decided_at,
            expires_at: row::time(expires_at),
        }),
        (None, None) => None,
        _ => return Err(bad("token_hash")),
    };
    Ok(ToolAuthorization {
        tenant: row::tenant_id(&row.tenant_id, TABLE)?,
        id: ToolAuthorizationId::from_uuid(row.authorization_id),
        decision: DecisionId::from_uuid(row.decision_id),
        execution: DecisionId::from_uuid(row.execution_decision_id),
        key: ExecutionKey::new(&row.execution_key).map_err(|_| bad("execution_key"))?,
        adapter: AdapterId::new(&row.adapter_id).map_err(|_| bad("adapter_id"))?,
        workspace: WorkspaceId::new(&row.workspace_id).map_err(|_| bad("workspace_id"))?,
        tool: row.tool,
        tool_group: row.tool_group,
        state: ToolState::of(&row.state).ok_or_else(|| bad("state"))?,
        reason: row.reason,
        policy: row.policy_id,
        scope: CanonicalJson::from_stored(row.scope),
        scope_hash: row::digest(&row.scope_hash, TABLE, "scope_hash")?,
        token,
        used_at: row.used_at.map(row::time),
        reported_at: row.reported_at.map(row::time),
        trace: TraceId::from_uuid(row.trace_id),
        decided_at,
    })
}
