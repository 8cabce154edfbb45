//! Decision tokens (reference section 10.1): made when people agree, kept as a hash, used with the claim of the grant.

use std::fmt;
use std::sync::Arc;

use chrono::TimeDelta;
use clasper_core::{
    AdapterId, CanonicalJson, DecisionId, ExecutionKey, GrantId, Sha256Digest, TenantId, Timestamp,
    TokenSigner, WorkspaceId, canonical_json,
};
use clasper_governance::{GrantLimits, LiveGrant};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::execution::record::{Execution, ExecutionStatus};

const DECISION_TOKEN: &str = "decision_token";

/// A token as it is kept: its hash, never itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IssuedToken {
    /// SHA-256 of the token.
    pub hash: Sha256Digest,
    /// When it was made.
    pub issued_at: Timestamp,
    /// From when on it is good for nothing.
    pub expires_at: Timestamp,
}

/// The claims of a decision token. They are all in the execution, so that the token can be made again and is kept nowhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct DecisionClaims {
    typ: String,
    tenant_id: TenantId,
    workspace_id: WorkspaceId,
    adapter_id: AdapterId,
    execution_id: ExecutionKey,
    decision_id: DecisionId,
    granted_scope: GrantLimits,
    iat: i64,
    exp: i64,
    jti: GrantId,
}

/// What a token that was presented is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TokenFault {
    /// A decision token of this server.
    Unknown,
    /// Good any more.
    Expired,
    /// Of this decision: the member that differs.
    Other(&'static str),
}

/// Makes decision tokens.
#[derive(Clone)]
pub struct DecisionTokens {
    signer: Arc<dyn TokenSigner>,
    life: TimeDelta,
}

impl fmt::Debug for DecisionTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DecisionTokens")
            .field("life", &self.life)
            .finish_non_exhaustive()
    }
}

impl DecisionTokens {
    /// Tokens that are good for `life`, or until the grant ends.
    #[must_use]
    pub fn new(signer: Arc<dyn TokenSigner>, life: TimeDelta) -> Self {
        Self { signer, life }
    }

    /// What is kept of the token of an execution that was approved at `now`.
    pub(super) fn issue(
        &self,
        execution: &Execution,
        now: Timestamp,
    ) -> Result<Option<IssuedToken>, serde_json::Error> {
        let Some(live) = execution.grant.as_ref() else {
            return Ok(None);
        };
        let expires_at = (now + self.life).min(live.grant().expires_at);
        let Some(claims) = claims(execution, now, expires_at) else {
            return Ok(None);
        };
        let token = self.signer.sign(&canonical_json(&claims)?);
        Ok(token.map(|token| IssuedToken {
            hash: Sha256Digest::of(token.as_bytes()),
            issued_at: now,
            expires_at,
        }))
    }

    /// The token of an execution whose grant waits to be claimed; `None` when there is none to use, or when the secret that
    /// signed it is gone.
    #[must_use]
    pub fn of(&self, execution: &Execution, now: Timestamp) -> Option<SecretString> {
        let issued = execution.token?;
        if execution.status != ExecutionStatus::Approved || issued.expires_at <= now {
            return None;
        }
        let claims = claims(execution, issued.issued_at, issued.expires_at)?;
        let text: CanonicalJson = canonical_json(&claims).ok()?;
        let token = self.signer.sign(&text)?;
        (Sha256Digest::of(token.as_bytes()) == issued.hash).then(|| token.into())
    }

    /// Checks a token against the execution that it is presented for.
    ///
    /// # Errors
    /// [`TokenFault`].
    pub fn check(
        &self,
        execution: &Execution,
        token: &str,
        now: Timestamp,
    ) -> Result<(), TokenFault> {
        let opened = self.signer.open(token).ok_or(TokenFault::Unknown)?;
        let read = serde_json::from_value::<DecisionClaims>(opened);
        let said = read.map_err(|_| TokenFault::Unknown)?;
        if said.typ != DECISION_TOKEN {
            return Err(TokenFault::Unknown);
        }
        let grant = execution.grant.as_ref().map(LiveGrant::grant);
        let same = [
            ("tenant", said.tenant_id == execution.tenant),
            ("workspace", said.workspace_id == execution.workspace),
            ("adapter", said.adapter_id == execution.adapter),
            ("execution", said.execution_id == execution.key),
            ("decision", said.decision_id == execution.decision),
            ("grant", grant.is_some_and(|grant| grant.id == said.jti)),
            (
                "scope",
                grant.is_some_and(|grant| grant.limits == said.granted_scope),
            ),
        ];
        if let Some((name, _)) = same.iter().find(|(_, same)| !same) {
            return Err(TokenFault::Other(name));
        }
        let hash = Sha256Digest::of(token.as_bytes());
        match execution.token {
            None => Err(TokenFault::Unknown),
            Some(issued) if issued.hash != hash => Err(TokenFault::Unknown),
            Some(issued) if issued.expires_at <= now => Err(TokenFault::Expired),
            Some(_) => Ok(()),
        }
    }
}

fn claims(execution: &Execution, iat: Timestamp, exp: Timestamp) -> Option<DecisionClaims> {
    let grant = execution.grant.as_ref()?.grant();
    Some(DecisionClaims {
        typ: DECISION_TOKEN.to_owned(),
        tenant_id: execution.tenant.clone(),
        workspace_id: execution.workspace.clone(),
        adapter_id: execution.adapter.clone(),
        execution_id: execution.key.clone(),
        decision_id: execution.decision,
        granted_scope: grant.limits.clone(),
        iat: iat.timestamp(),
        exp: exp.timestamp(),
        jti: grant.id,
    })
}
