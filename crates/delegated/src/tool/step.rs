//! What happens to a token: it is used once, its call is reported once, or it runs out of time.

use clasper_core::{
    AdapterId, AuditEntry, AuditEntryId, AuditEvent, ExecutionKey, Sha256Digest, TenantScope,
    Timestamp, ToolAuthorizationId, canonical_json,
};
use serde::Serialize;

use crate::execution::{Actor, Closing, Execution};
use crate::tool::record::{ToolAuthorization, ToolState};

/// Why a token is good for nothing. Nothing was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum ToolRefusal {
    /// No token came with the request.
    #[error("the token is missing: send the one that came with the grant")]
    Missing,
    /// It is none of ours, or altered.
    #[error("this is not a token of this server")]
    Invalid,
    /// Its time is over.
    #[error("the token has run out of time: ask for another")]
    Expired,
    /// It was given for something else.
    #[error("the token was given for another {0}")]
    Other(&'static str),
    /// It was used before.
    #[error("the token was used before: ask for another")]
    Used,
    /// The execution that it is within has ended.
    #[error("the execution that this belongs to has no live grant any more")]
    NoLiveGrant,
}

impl ToolRefusal {
    /// The stable code (reference section 10.1).
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Missing => "missing_token",
            Self::Invalid => "invalid_token",
            Self::Expired => "token_expired",
            Self::Other(_) => "token_mismatch",
            Self::Used => "token_used",
            Self::NoLiveGrant => "no_live_grant",
        }
    }
}

/// What somebody who presents a token says that it is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolPresented {
    /// Who presents it.
    pub adapter: AdapterId,
    /// Within this execution.
    pub key: ExecutionKey,
    /// For this tool.
    pub tool: String,
}

/// What is done with a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ToolAct {
    /// It is used: the call may be made now.
    Use {
        /// What it is presented for.
        presented: ToolPresented,
        /// SHA-256 of the token.
        token: Sha256Digest,
        /// SHA-256 of the scope that it carries.
        scope: Sha256Digest,
    },
    /// The call that it is for is reported, by the token's id. One that was not used before is used by this.
    Report {
        /// What was called.
        presented: ToolPresented,
        /// When.
        called_at: Timestamp,
    },
    /// It has run out of time.
    Lapse,
}

/// One act on one token.
#[derive(Debug, Clone)]
pub struct ToolStep {
    /// The tenant.
    pub scope: TenantScope,
    /// The token's authorization.
    pub authorization: ToolAuthorizationId,
    /// Who acts.
    pub actor: Actor,
    /// What is done.
    pub act: ToolAct,
    /// Id of the audit entry.
    pub entry: AuditEntryId,
    /// Now.
    pub now: Timestamp,
}

/// Everything that one act changes.
#[derive(Debug, Clone)]
pub struct ToolChange {
    /// The authorization afterwards.
    pub authorization: ToolAuthorization,
    /// The audit entry.
    pub entry: AuditEntry,
    /// The outcome, when the act ends the decision about the call.
    pub closing: Option<Closing>,
}

/// What became of an act.
#[derive(Debug, Clone)]
pub enum ToolStepped {
    /// It is done.
    Taken(Box<ToolAuthorization>),
    /// It was refused. Nothing was written.
    Refused(ToolRefusal),
    /// There is no such authorization in the tenant.
    NotFound,
}

#[derive(Serialize)]
struct Said<'a> {
    authorization_id: String,
    decision_id: String,
    execution_decision_id: String,
    execution_key: &'a str,
    adapter_id: &'a str,
    tool: &'a str,
    scope_hash: Sha256Digest,
    /// Whether the call was made known by a report only.
    by_report: bool,
}

impl ToolStep {
    /// Decides on the token and its execution as they are in the commit.
    ///
    /// # Errors
    /// When a member has no JSON form; never for values that came from JSON.
    pub fn apply(
        &self,
        authorization: &ToolAuthorization,
        execution: &Execution,
    ) -> Result<Result<ToolChange, ToolRefusal>, serde_json::Error> {
        let checked = match &self.act {
            ToolAct::Use {
                presented,
                token,
                scope,
            } => self.used(authorization, execution, presented, *token, *scope),
            ToolAct::Report {
                presented,
                called_at,
            } => reported(authorization, presented, *called_at),
            ToolAct::Lapse => self.lapsed(authorization),
        };
        match checked {
            Err(refusal) => Ok(Err(refusal)),
            Ok(event) => self.change(authorization, event).map(Ok),
        }
    }

    fn used(
        &self,
        authorization: &ToolAuthorization,
        execution: &Execution,
        presented: &ToolPresented,
        token: Sha256Digest,
        scope: Sha256Digest,
    ) -> Result<AuditEvent, ToolRefusal> {
        belongs(authorization, presented)?;
        let issued = authorization.token.ok_or(ToolRefusal::Invalid)?;
        if issued.hash != token {
            return Err(ToolRefusal::Invalid);
        }
        if authorization.scope_hash != scope {
            return Err(ToolRefusal::Other("scope"));
        }
        is_unused(authorization)?;
        if issued.expires_at <= self.now {
            return Err(ToolRefusal::Expired);
        }
        if execution.live_grant(self.now).is_none() {
            return Err(ToolRefusal::NoLiveGrant);
        }
        Ok(AuditEvent::ToolTokenConsumed)
    }

    fn lapsed(&self, authorization: &ToolAuthorization) -> Result<AuditEvent, ToolRefusal> {
        is_unused(authorization)?;
        let issued = authorization.token.ok_or(ToolRefusal::Invalid)?;
        if issued.expires_at > self.now {
            return Err(ToolRefusal::Invalid);
        }
        Ok(AuditEvent::ToolAuthorizationLapsed)
    }

    fn change(
        &self,
        authorization: &ToolAuthorization,
        event: AuditEvent,
    ) -> Result<ToolChange, serde_json::Error> {
        let mut next = authorization.clone();
        let by_report = matches!(self.act, ToolAct::Report { .. });
        if by_report {
            next.reported_at = Some(self.now);
        }
        let result = match event {
            AuditEvent::ToolTokenConsumed => {
                next.state = ToolState::Used;
                next.used_at = Some(self.now);
                Some("used")
            }
            AuditEvent::ToolAuthorizationLapsed => {
                next.state = ToolState::Lapsed;
                Some("lapsed")
            }
            _ => {
                next.state = ToolState::Used;
                next.used_at = next.used_at.or(Some(self.now));
                None
            }
        };
        let detail = canonical_json(&Said {
            authorization_id: next.id.to_string(),
            decision_id: next.decision.to_string(),
            execution_decision_id: next.execution.to_string(),
            execution_key: next.key.as_str(),
            adapter_id: next.adapter.as_str(),
            tool: &next.tool,
            scope_hash: next.scope_hash,
            by_report,
        })?;
        let entry = AuditEntry {
            id: self.entry,
            tenant: next.tenant.clone(),
            workspace: Some(next.workspace.clone()),
            trace: Some(next.trace),
            user: self.actor.user.clone(),
            actor: self.actor.name.clone(),
            event,
            target: Some(format!("tool_authorization:{}", next.id)),
            detail,
            occurred_at: self.now,
        };
        Ok(ToolChange {
            authorization: next,
            entry,
            closing: result.map(|result| Closing {
                result,
                reason: event.name().to_owned(),
            }),
        })
    }
}

/// A report is about what has happened: it counts when the call was made while the token was good.
fn reported(
    authorization: &ToolAuthorization,
    presented: &ToolPresented,
    called_at: Timestamp,
) -> Result<AuditEvent, ToolRefusal> {
    belongs(authorization, presented)?;
    let issued = authorization.token.ok_or(ToolRefusal::Invalid)?;
    if authorization.reported_at.is_some() {
        return Err(ToolRefusal::Used);
    }
    match authorization.state {
        ToolState::Used => Ok(AuditEvent::ToolTokenReported),
        ToolState::Granted if called_at < issued.expires_at => Ok(AuditEvent::ToolTokenConsumed),
        // Reports come late: that the token has lapsed since says nothing about the call.
        ToolState::Lapsed if called_at < issued.expires_at => Ok(AuditEvent::ToolTokenReported),
        _ => Err(ToolRefusal::Expired),
    }
}

fn belongs(
    authorization: &ToolAuthorization,
    presented: &ToolPresented,
) -> Result<(), ToolRefusal> {
    if authorization.adapter != presented.adapter {
        return Err(ToolRefusal::Other("adapter"));
    }
    if authorization.key != presented.key {
        return Err(ToolRefusal::Other("execution"));
    }
    if authorization.tool != presented.tool {
        return Err(ToolRefusal::Other("tool"));
    }
    Ok(())
}

const fn is_unused(authorization: &ToolAuthorization) -> Result<(), ToolRefusal> {
    match authorization.state {
        ToolState::Granted => Ok(()),
        ToolState::Used => Err(ToolRefusal::Used),
        ToolState::Lapsed => Err(ToolRefusal::Expired),
        ToolState::Denied => Err(ToolRefusal::Invalid),
    }
}
