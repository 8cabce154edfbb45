//! The state of a decision that waits for people, and everything that can change it.

use clasper_core::{DecisionId, GrantId, Role, Sha256Digest, Timestamp};
use serde::{Deserialize, Serialize};

use crate::approval::person::{Requester, Voter};
use crate::approval::status::{ApprovalStatus, RetryAnswer};
use crate::approval::stored;
use crate::approval::terms::{ApprovalTerms, Rebinding, TermsError, check_votes};
use crate::approval::vote::{Ballot, Resolution, Verdict, Vote, VoteRefusal, Voted};
use crate::decision::{Grant, GrantLimits};

/// Where an approval stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case", deny_unknown_fields)]
pub enum ApprovalState {
    /// People can vote.
    Pending,
    /// Enough of them approved.
    Approved {
        /// When.
        at: Timestamp,
    },
    /// One of them denied.
    Denied {
        /// When.
        at: Timestamp,
        /// Who.
        by: String,
    },
    /// Its time was over.
    Expired {
        /// When that was noticed.
        at: Timestamp,
    },
    /// It was withdrawn.
    Cancelled {
        /// When.
        at: Timestamp,
        /// By whom.
        by: String,
    },
}

/// What the passing of time does to an approval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// From now on a higher role is needed.
    Escalated {
        /// Which.
        role: Role,
    },
    /// Nobody may vote any more.
    Expired,
}

/// A decision that waits for people. It can be resolved once. Every change raises the revision; a refusal changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    decision: DecisionId,
    #[serde(deserialize_with = "stored::digest::deserialize")]
    intent_hash: Sha256Digest,
    requester: Requester,
    terms: ApprovalTerms,
    state: ApprovalState,
    votes: Vec<Vote>,
    escalated: bool,
    edited_by: Option<String>,
    created_at: Timestamp,
    revision: u64,
}

impl Approval {
    /// A decision that waits from now on, bound to one intent.
    ///
    /// # Errors
    /// [`TermsError`].
    pub fn open(
        decision: DecisionId,
        intent_hash: Sha256Digest,
        requester: Requester,
        terms: ApprovalTerms,
        now: Timestamp,
    ) -> Result<Self, TermsError> {
        terms.check(now)?;
        Ok(Self {
            decision,
            intent_hash,
            requester,
            terms,
            state: ApprovalState::Pending,
            votes: Vec::new(),
            escalated: false,
            edited_by: None,
            created_at: now,
            revision: 1,
        })
    }

    /// Votes. The first denial denies; approvals count by person, and only those of a role that suffices at `now`. Somebody who
    /// approved may still deny, as long as it is pending.
    ///
    /// # Errors
    /// [`VoteRefusal`]; nothing has changed then.
    pub fn vote(
        &mut self,
        voter: &Voter,
        ballot: Ballot,
        now: Timestamp,
        expected_revision: u64,
    ) -> Result<Voted, VoteRefusal> {
        let required = self.admit(voter, now, expected_revision)?;
        let is_theirs = |vote: &Vote| voter.is_person(&vote.actor, vote.user.as_ref());
        let counts = |vote: &Vote| vote.role >= required;
        let has_approved = self
            .votes
            .iter()
            .any(|vote| is_theirs(vote) && counts(vote));
        if has_approved && ballot.verdict == Verdict::Approve {
            return Err(VoteRefusal::AlreadyVoted);
        }
        // What remains of theirs no longer counts, or is taken back: the new vote stands in its place.
        self.votes.retain(|vote| !is_theirs(vote));
        self.votes.push(Vote {
            actor: voter.actor.clone(),
            user: voter.user.clone(),
            role: voter.role,
            verdict: ballot.verdict,
            note: ballot.note,
            at: now,
        });
        self.revision += 1;
        if ballot.verdict == Verdict::Deny {
            let by = voter.actor.clone();
            self.state = ApprovalState::Denied {
                at: now,
                by: by.clone(),
            };
            return Ok(Voted::Resolved(Resolution::Denied { by }));
        }
        let by: Vec<String> = self
            .votes
            .iter()
            .filter(|vote| counts(vote))
            .map(|vote| vote.actor.clone())
            .collect();
        let approvals = u32::try_from(by.len()).unwrap_or(u32::MAX);
        if approvals < self.terms.quorum {
            let quorum = self.terms.quorum;
            return Ok(Voted::Recorded { approvals, quorum });
        }
        self.state = ApprovalState::Approved { at: now };
        Ok(Voted::Resolved(Resolution::Approved { by }))
    }

    /// Binds the decision to edited arguments. What was approved before was something else: those votes are gone. Role and
    /// quorum can only rise. Whoever edits may vote for it, as far as the quorum leaves it to them; who asked may not edit.
    ///
    /// # Errors
    /// [`VoteRefusal`]; nothing has changed then.
    pub fn rebind(
        &mut self,
        editor: &Voter,
        to: Rebinding,
        now: Timestamp,
        expected_revision: u64,
    ) -> Result<(), VoteRefusal> {
        self.admit(editor, now, expected_revision)?;
        check_votes(to.required_role, to.quorum)?;
        self.intent_hash = to.intent_hash;
        self.terms.required_role = self.terms.required_role.max(to.required_role);
        self.terms.quorum = self.terms.quorum.max(to.quorum);
        self.votes.clear();
        self.edited_by = Some(editor.actor.clone());
        self.revision += 1;
        Ok(())
    }

    /// Withdraws the decision. The service lets only who asked, or an operator, do so.
    ///
    /// # Errors
    /// [`VoteRefusal`] when it is not pending or has changed.
    pub fn cancel(
        &mut self,
        by: String,
        now: Timestamp,
        expected_revision: u64,
    ) -> Result<(), VoteRefusal> {
        self.is_open(now, expected_revision)?;
        self.state = ApprovalState::Cancelled { at: now, by };
        self.revision += 1;
        Ok(())
    }

    /// Does what the passing of time does: escalates once, expires once. `None` when nothing is due.
    pub fn advance(&mut self, now: Timestamp) -> Option<Due> {
        if self.state != ApprovalState::Pending {
            return None;
        }
        if now >= self.terms.expires_at {
            self.state = ApprovalState::Expired { at: now };
            self.revision += 1;
            return Some(Due::Expired);
        }
        let is_due = self.terms.escalate_at.is_some_and(|at| now >= at);
        if self.escalated || !is_due {
            return None;
        }
        self.escalated = true;
        self.revision += 1;
        Some(Due::Escalated {
            role: self.required_role(now),
        })
    }

    /// When [`Self::advance`] has something to do next; `None` once resolved.
    #[must_use]
    pub fn due_at(&self) -> Option<Timestamp> {
        (self.state == ApprovalState::Pending).then(|| {
            let escalation = self.terms.escalate_at.filter(|_| !self.escalated);
            escalation.unwrap_or(self.terms.expires_at)
        })
    }

    /// The grant of an approved decision, for exactly the intent that was approved; `None` for every other decision.
    #[must_use]
    pub fn grant(&self, id: GrantId, limits: GrantLimits, expires_at: Timestamp) -> Option<Grant> {
        matches!(self.state, ApprovalState::Approved { .. }).then(|| Grant {
            id,
            decision: self.decision,
            intent_hash: self.intent_hash,
            limits,
            expires_at,
        })
    }

    /// What a second request with the same execution key gets at `now`.
    #[must_use]
    pub fn retry(&self, intent_hash: Sha256Digest, now: Timestamp) -> RetryAnswer {
        if intent_hash == self.intent_hash {
            RetryAnswer::Same(self.status(now))
        } else {
            RetryAnswer::OtherIntent
        }
    }

    /// Where it stands at `now`, whether or not somebody has noticed that its time is over.
    #[must_use]
    pub fn status(&self, now: Timestamp) -> ApprovalStatus {
        match &self.state {
            ApprovalState::Pending if now >= self.terms.expires_at => ApprovalStatus::Expired,
            ApprovalState::Pending => ApprovalStatus::Pending,
            ApprovalState::Approved { .. } => ApprovalStatus::Approved,
            ApprovalState::Denied { .. } => ApprovalStatus::Denied,
            ApprovalState::Expired { .. } => ApprovalStatus::Expired,
            ApprovalState::Cancelled { .. } => ApprovalStatus::Cancelled,
        }
    }

    /// The role that is needed at `now`: from the deadline on, the next one above the policy's. Votes of lower roles from
    /// before the deadline no longer count.
    #[must_use]
    pub fn required_role(&self, now: Timestamp) -> Role {
        self.terms.role_at(now)
    }

    /// The decision.
    #[must_use]
    pub const fn decision(&self) -> DecisionId {
        self.decision
    }

    /// The hash of what may be done once it is approved.
    #[must_use]
    pub const fn intent_hash(&self) -> Sha256Digest {
        self.intent_hash
    }

    /// Who asked.
    #[must_use]
    pub const fn requester(&self) -> &Requester {
        &self.requester
    }

    /// Under which terms it waits.
    #[must_use]
    pub const fn terms(&self) -> &ApprovalTerms {
        &self.terms
    }

    /// Its state as of the last change.
    #[must_use]
    pub const fn state(&self) -> &ApprovalState {
        &self.state
    }

    /// The votes for the intent it is bound to, the oldest first.
    #[must_use]
    pub fn votes(&self) -> &[Vote] {
        &self.votes
    }

    /// Who edited the arguments last, if somebody did.
    #[must_use]
    pub fn edited_by(&self) -> Option<&str> {
        self.edited_by.as_deref()
    }

    /// When it began to wait.
    #[must_use]
    pub const fn created_at(&self) -> Timestamp {
        self.created_at
    }

    /// Raised by every change; 1 at first. The `ETag`.
    #[must_use]
    pub const fn revision(&self) -> u64 {
        self.revision
    }

    /// Whether `voter` may act on it. Returns the role that is needed.
    fn admit(&self, voter: &Voter, now: Timestamp, expected: u64) -> Result<Role, VoteRefusal> {
        self.is_open(now, expected)?;
        if voter.is(&self.requester) {
            return Err(VoteRefusal::SelfApproval);
        }
        let required = self.required_role(now);
        if voter.role < required || voter.adapter.is_some() {
            return Err(VoteRefusal::RoleTooLow { required });
        }
        Ok(required)
    }

    fn is_open(&self, now: Timestamp, expected: u64) -> Result<(), VoteRefusal> {
        match self.status(now) {
            ApprovalStatus::Pending => {}
            ApprovalStatus::Expired => return Err(VoteRefusal::Expired),
            status => return Err(VoteRefusal::NotPending(status)),
        }
        if expected != self.revision {
            return Err(VoteRefusal::RevisionConflict {
                current: self.revision,
            });
        }
        Ok(())
    }
}
