//! People resolve a pending decision: they vote, edit, withdraw, or let it pass against policy.

use std::sync::Arc;

use chrono::TimeDelta;
use clasper_core::{
    AuditEntryId, AuditEvent, CanonicalJson, DecisionId, GrantId, OutboxMessageId, Seal,
    Sha256Digest, TenantScope, Timestamp, wire_time,
};
use clasper_governance::approval::{
    Ballot, BreakGlass, Rebinding, Resolution, VoteRefusal, Voted, Voter,
};
use clasper_governance::risk::RiskLevel;
use clasper_governance::{GrantLimits, Intent, LiveGrant, NestedBudgets};
use clasper_webhook::SealedNotice;
use serde::Serialize;

use crate::execution::record::{Execution, ExecutionStatus, OVERRIDE_REASON};
use crate::execution::step::{
    Change, Closing, ExecutionStep, ResolutionNotice, StepRefusal, StepResult,
};
use crate::execution::token::DecisionTokens;
use crate::execution::words::{Actor, entry};

/// Words the message to an execution's callback.
#[derive(Clone)]
pub struct NoticeWriter(pub Arc<dyn Seal>);

#[derive(Serialize)]
struct NoticeBody<'a> {
    r#type: &'static str,
    timestamp: String,
    data: NoticeData<'a>,
}

/// Reference section 24, with the reason.
#[derive(Serialize)]
struct NoticeData<'a> {
    decision_id: String,
    execution_id: &'a str,
    status: &'static str,
    reason: &'a str,
    intent_hash: String,
}

impl NoticeWriter {
    /// What a callback address is bound to.
    #[must_use]
    pub fn address_context(decision: DecisionId) -> Vec<u8> {
        format!("callback/{decision}").into_bytes()
    }

    /// The message for `execution` as it is now; `None` when nobody asked for one.
    pub(super) fn write(
        &self,
        id: OutboxMessageId,
        execution: &Execution,
    ) -> Result<Option<ResolutionNotice>, serde_json::Error> {
        let address = execution.callback.as_ref().and_then(|sealed| {
            self.0
                .open(&Self::address_context(execution.decision), sealed)
        });
        let Some(url) = address.and_then(|plain| String::from_utf8(plain).ok()) else {
            return Ok(None);
        };
        let body = serde_json::to_string(&NoticeBody {
            r#type: "execution.resolved",
            timestamp: wire_time(execution.updated_at),
            data: NoticeData {
                decision_id: execution.decision.to_string(),
                execution_id: execution.key.as_str(),
                status: execution.status.name(),
                reason: &execution.reason,
                intent_hash: execution.intent_hash.to_string(),
            },
        })?;
        let plain = serde_json::to_vec(&SealedNotice { url, body })?;
        Ok(Some(ResolutionNotice {
            id,
            payload: self.0.seal(&SealedNotice::context(id), &plain),
        }))
    }
}

/// Arguments that an operator edited: what is approved from then on is this.
#[derive(Debug, Clone)]
pub struct EditedAsk {
    /// The intent of the edited ask.
    pub intent: Intent,
    /// What policy asks for it.
    pub rebinding: Rebinding,
    /// The edited ask, redacted, with the verdict on it.
    pub record: CanonicalJson,
    /// The edited ask, sealed.
    pub sealed_ask: Vec<u8>,
    /// Its risk, 0 to 100.
    pub risk_score: u8,
    /// Its level.
    pub risk_level: RiskLevel,
}

/// What is done about a pending decision.
#[derive(Debug, Clone)]
pub enum Resolve {
    /// Somebody votes.
    Vote(Ballot),
    /// Somebody edits the arguments and votes for the result.
    Edit(Box<EditedAsk>, Ballot),
    /// It is withdrawn.
    Cancel,
    /// An operator lets it pass against policy.
    Override(Box<BreakGlass>),
}

/// One act of one person on one decision.
#[derive(Clone)]
pub struct ResolutionStep {
    /// The tenant.
    pub scope: TenantScope,
    /// The decision.
    pub decision: DecisionId,
    /// Who acts.
    pub voter: Voter,
    /// What is done.
    pub resolve: Resolve,
    /// The revision of the execution that was read; `None` takes it as it is.
    pub expected_revision: Option<i64>,
    /// The limits of the grant that an approval gives.
    pub limits: GrantLimits,
    /// How long that grant lives.
    pub grant_life: TimeDelta,
    /// The grant's id.
    pub grant: GrantId,
    /// Ids of the audit entries.
    pub entries: [AuditEntryId; 2],
    /// Id of the message to the callback.
    pub message: OutboxMessageId,
    /// Words the message.
    pub notices: NoticeWriter,
    /// Makes the decision token.
    pub tokens: DecisionTokens,
    /// Now.
    pub now: Timestamp,
}

#[derive(Serialize)]
struct Said<'a> {
    action: &'static str,
    role: &'static str,
    approvals: usize,
    quorum: u32,
    note_hash: Option<Sha256Digest>,
    reason_code: Option<&'static str>,
    justification: Option<&'a str>,
}

impl ExecutionStep for ResolutionStep {
    fn scope(&self) -> &TenantScope {
        &self.scope
    }

    fn decision(&self) -> DecisionId {
        self.decision
    }

    fn governance_revision(&self) -> Option<i64> {
        None
    }

    fn now(&self) -> Timestamp {
        self.now
    }

    fn apply(
        &self,
        execution: &Execution,
        _: &NestedBudgets,
    ) -> Result<StepResult, serde_json::Error> {
        let current = execution.revision;
        if self
            .expected_revision
            .is_some_and(|expected| expected != current)
        {
            let current = current.unsigned_abs();
            let refusal = StepRefusal::Vote(VoteRefusal::RevisionConflict { current });
            return Ok(StepResult::Refused(refusal));
        }
        let mut next = execution.clone();
        let acted = match &self.resolve {
            Resolve::Vote(ballot) => self.vote(&mut next, ballot.clone()),
            Resolve::Edit(edited, ballot) => self.edit(&mut next, edited, ballot.clone()),
            Resolve::Cancel => self.cancel(&mut next),
            Resolve::Override(glass) => self.pass(&mut next, glass),
        };
        match acted {
            Err(refusal) => Ok(StepResult::Refused(refusal)),
            Ok(event) => Ok(StepResult::Change(Box::new(self.change(next, event)?))),
        }
    }
}

impl ResolutionStep {
    fn vote(&self, next: &mut Execution, ballot: Ballot) -> Result<AuditEvent, StepRefusal> {
        let approval = next.approval.as_mut().ok_or(StepRefusal::WrongState)?;
        let revision = approval.revision();
        let voted = approval
            .vote(&self.voter, ballot, self.now, revision)
            .map_err(StepRefusal::Vote)?;
        match voted {
            Voted::Recorded { .. } => Ok(AuditEvent::ApprovalVoteRecorded),
            Voted::Resolved(Resolution::Denied { .. }) => {
                next.status = ExecutionStatus::Rejected;
                "approval_denied".clone_into(&mut next.reason);
                Ok(AuditEvent::PolicyDecisionResolved)
            }
            Voted::Resolved(Resolution::Approved { .. }) => {
                let expires_at = self.now + self.grant_life;
                let grant = approval.grant(self.grant, self.limits.clone(), expires_at);
                next.grant = grant.map(LiveGrant::issue);
                next.status = ExecutionStatus::Approved;
                "approved".clone_into(&mut next.reason);
                Ok(AuditEvent::PolicyDecisionResolved)
            }
        }
    }

    fn edit(
        &self,
        next: &mut Execution,
        edited: &EditedAsk,
        ballot: Ballot,
    ) -> Result<AuditEvent, StepRefusal> {
        let approval = next.approval.as_mut().ok_or(StepRefusal::WrongState)?;
        let revision = approval.revision();
        approval
            .rebind(&self.voter, edited.rebinding, self.now, revision)
            .map_err(StepRefusal::Vote)?;
        next.intent_hash = edited.intent.hash;
        next.record = edited.record.clone();
        next.sealed_ask.clone_from(&edited.sealed_ask);
        next.risk_score = edited.risk_score;
        next.risk_level = edited.risk_level;
        self.vote(next, ballot)
    }

    fn cancel(&self, next: &mut Execution) -> Result<AuditEvent, StepRefusal> {
        let approval = next.approval.as_mut().ok_or(StepRefusal::WrongState)?;
        let revision = approval.revision();
        approval
            .cancel(self.voter.actor.clone(), self.now, revision)
            .map_err(StepRefusal::Vote)?;
        next.status = ExecutionStatus::Rejected;
        "cancelled".clone_into(&mut next.reason);
        Ok(AuditEvent::PolicyDecisionResolved)
    }

    /// An override is for one intent, of a decision that stands in the way: refused by policy, or waiting for people. What
    /// people have refused has to be asked for again.
    fn pass(&self, next: &mut Execution, glass: &BreakGlass) -> Result<AuditEvent, StepRefusal> {
        let stands_in_the_way = matches!(
            next.status,
            ExecutionStatus::Pending | ExecutionStatus::Denied
        );
        if !stands_in_the_way || !glass.covers(next.intent_hash, self.now) {
            return Err(StepRefusal::WrongState);
        }
        let is_own = next.approval.as_ref().is_some_and(|approval| {
            let requester = approval.requester();
            requester.actor == self.voter.actor
                || (requester.user.is_some() && requester.user == self.voter.user)
        });
        if is_own {
            return Err(StepRefusal::Vote(VoteRefusal::SelfApproval));
        }
        if let Some(approval) = &mut next.approval
            && next.status == ExecutionStatus::Pending
        {
            let revision = approval.revision();
            approval
                .cancel(self.voter.actor.clone(), self.now, revision)
                .map_err(StepRefusal::Vote)?;
        }
        next.grant = Some(LiveGrant::issue(
            glass.grant(self.grant, self.limits.clone()),
        ));
        next.status = ExecutionStatus::Approved;
        OVERRIDE_REASON.clone_into(&mut next.reason);
        Ok(AuditEvent::OpsOverrideUsed)
    }

    fn change(&self, mut next: Execution, event: AuditEvent) -> Result<Change, serde_json::Error> {
        next.touch(self.now);
        if next.status == ExecutionStatus::Approved {
            next.token = self.tokens.issue(&next, self.now)?;
        }
        let actor = Actor {
            name: self.voter.actor.clone(),
            user: self.voter.user.clone(),
        };
        let (action, ballot, glass) = match &self.resolve {
            Resolve::Vote(ballot) => ("vote", Some(ballot), None),
            Resolve::Edit(_, ballot) => ("edit", Some(ballot), None),
            Resolve::Cancel => ("cancel", None, None),
            Resolve::Override(glass) => ("override", None, Some(glass)),
        };
        let approval = next.approval.as_ref();
        let said = Said {
            action,
            role: self.voter.role.name(),
            approvals: approval.map_or(0, |approval| approval.votes().len()),
            quorum: approval.map_or(0, |approval| approval.terms().quorum),
            note_hash: ballot
                .and_then(|ballot| ballot.note.as_ref())
                .map(|note| Sha256Digest::of(note.as_bytes())),
            reason_code: glass.map(|glass| glass.reason().code()),
            justification: glass.map(|glass| glass.justification()),
        };
        let [first, second] = self.entries;
        let words = |id, event| entry(id, event, &actor, &next, next.hold, &said, self.now);
        let mut entries = vec![words(first, event)?];
        if next.status == ExecutionStatus::Approved {
            entries.push(words(second, AuditEvent::ApprovalGrantCreated)?);
        }
        let closing = (next.status == ExecutionStatus::Rejected).then(|| Closing {
            result: "denied",
            reason: next.reason.clone(),
        });
        let notice = if event == AuditEvent::ApprovalVoteRecorded {
            None
        } else {
            self.notices.write(self.message, &next)?
        };
        Ok(Change {
            execution: next,
            entries,
            hold: None,
            closing,
            notice,
        })
    }
}
