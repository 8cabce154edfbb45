//! What happens by itself: an approval escalates or expires, a grant lapses.

use clasper_core::{
    AuditEntryId, AuditEvent, DecisionId, OutboxMessageId, TenantScope, Timestamp, Usd,
};
use clasper_governance::NestedBudgets;
use clasper_governance::approval::Due;
use serde::Serialize;

use crate::execution::record::{Execution, ExecutionStatus};
use crate::execution::resolution::NoticeWriter;
use crate::execution::step::{Change, Closing, ExecutionStep, HoldMove, StepRefusal, StepResult};
use crate::execution::words::{Actor, entry};

/// Does what is due for one execution, if it still is.
pub struct DueStep {
    /// The tenant.
    pub scope: TenantScope,
    /// The decision.
    pub decision: DecisionId,
    /// Id of the audit entry.
    pub entry: AuditEntryId,
    /// Id of the message to the callback.
    pub message: OutboxMessageId,
    /// Words the message.
    pub notices: NoticeWriter,
    /// Now.
    pub now: Timestamp,
}

#[derive(Serialize)]
struct Said {
    /// Whether the entry ends the decision: one that was refused before an override has its outcome already.
    closes: &'static str,
}

impl ExecutionStep for DueStep {
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
        if execution.due_at.is_none_or(|due| due > self.now) {
            return Ok(StepResult::Refused(StepRefusal::WrongState));
        }
        match execution.status {
            ExecutionStatus::Pending => self.overdue(execution),
            ExecutionStatus::Allowed | ExecutionStatus::Approved | ExecutionStatus::Claimed => {
                self.lapse(execution)
            }
            _ => Ok(StepResult::Refused(StepRefusal::WrongState)),
        }
    }
}

impl DueStep {
    fn overdue(&self, execution: &Execution) -> Result<StepResult, serde_json::Error> {
        let mut next = execution.clone();
        let Some(approval) = &mut next.approval else {
            return Ok(StepResult::Refused(StepRefusal::WrongState));
        };
        match approval.advance(self.now) {
            None => return Ok(StepResult::Refused(StepRefusal::WrongState)),
            Some(Due::Escalated { .. }) => {
                next.touch(self.now);
                return self.changed(next, AuditEvent::PolicyDecisionEscalated, None, None);
            }
            Some(Due::Expired) => {}
        }
        next.status = ExecutionStatus::Expired;
        "approval_expired".clone_into(&mut next.reason);
        next.touch(self.now);
        let closing = Closing {
            result: "expired",
            reason: next.reason.clone(),
        };
        self.changed(next, AuditEvent::PolicyDecisionExpired, Some(closing), None)
    }

    fn lapse(&self, execution: &Execution) -> Result<StepResult, serde_json::Error> {
        let mut next = execution.clone();
        next.status = ExecutionStatus::Lapsed;
        "grant_lapsed".clone_into(&mut next.reason);
        if let Some(grant) = &mut next.grant {
            grant.lapse(self.now);
        }
        next.hold = Usd::ZERO;
        next.touch(self.now);
        let closing = execution.end_closes().then(|| Closing {
            result: "lapsed",
            reason: "grant_lapsed".to_owned(),
        });
        let release = HoldMove::Release(execution.hold);
        self.changed(next, AuditEvent::ExecutionLapsed, closing, Some(release))
    }

    fn changed(
        &self,
        next: Execution,
        event: AuditEvent,
        closing: Option<Closing>,
        moved: Option<HoldMove>,
    ) -> Result<StepResult, serde_json::Error> {
        let held = match moved {
            Some(HoldMove::Hold(amount) | HoldMove::Release(amount)) => amount,
            None => next.hold,
        };
        let said = entry(
            self.entry,
            event,
            &Actor::system(),
            &next,
            held,
            &Said {
                closes: if closing.is_some() { "yes" } else { "no" },
            },
            self.now,
        )?;
        let notice = match closing {
            Some(_) => self.notices.write(self.message, &next)?,
            None => None,
        };
        Ok(StepResult::Change(Box::new(Change {
            execution: next,
            entries: vec![said],
            hold: moved,
            closing,
            notice,
        })))
    }
}
