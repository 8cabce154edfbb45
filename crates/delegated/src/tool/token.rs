//! What a tool token says.

use clasper_core::{
    AdapterId, ExecutionKey, Sha256Digest, TenantId, ToolAuthorizationId, WorkspaceId,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The `typ` of tool tokens (reference section 11).
pub(crate) const TOOL_TOKEN: &str = "tool_auth";

/// The claims of a tool token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ToolClaims {
    pub(crate) typ: String,
    pub(crate) tenant_id: TenantId,
    pub(crate) workspace_id: WorkspaceId,
    pub(crate) adapter_id: AdapterId,
    pub(crate) execution_id: ExecutionKey,
    pub(crate) tool: String,
    pub(crate) scope: Map<String, Value>,
    pub(crate) scope_hash: Sha256Digest,
    pub(crate) iat: i64,
    pub(crate) exp: i64,
    pub(crate) jti: ToolAuthorizationId,
}
