//! Tests of approvals, case by case.

use chrono::TimeDelta;
use clasper_core::{
    AdapterId, DecisionId, GrantId, Role, SequentialIds, Sha256Digest, Timestamp, UserId,
};

use crate::approval::*;
use crate::decision::GrantLimits;

pub(super) fn start() -> Timestamp {
    "2026-11-20T10:00:00Z".parse().expect("a time")
}

pub(super) fn after(minutes: i64) -> Timestamp {
    start() + TimeDelta::minutes(minutes)
}

pub(super) fn intent(text: &str) -> Sha256Digest {
    Sha256Digest::of(text.as_bytes())
}

pub(super) fn decision() -> DecisionId {
    DecisionId::generate(&SequentialIds::default())
}

pub(super) fn voter(name: &str, role: Role) -> Voter {
    Voter {
        actor: format!("tenant_token:{name}"),
        user: Some(UserId::new(name).expect("a name")),
        adapter: None,
        role,
    }
}

pub(super) fn requester() -> Requester {
    Requester {
        actor: "adapter_token".to_owned(),
        user: Some(UserId::new("rita").expect("a name")),
        adapter: Some(AdapterId::new("openclaw").expect("a name")),
    }
}

/// Waits for an hour; after half of it the next higher role is needed.
pub(super) fn terms(required_role: Role, quorum: u32) -> ApprovalTerms {
    ApprovalTerms {
        required_role,
        quorum,
        expires_at: after(60),
        escalate_at: Some(after(30)),
    }
}

pub(super) fn pending(required_role: Role, quorum: u32) -> Approval {
    let terms = terms(required_role, quorum);
    Approval::open(
        decision(),
        intent("write /safe/a.md"),
        requester(),
        terms,
        start(),
    )
    .expect("sensible")
}

pub(super) fn ballot(verdict: Verdict) -> Ballot {
    Ballot {
        verdict,
        note: None,
    }
}

pub(super) fn vote(
    approval: &mut Approval,
    voter: &Voter,
    verdict: Verdict,
    minute: i64,
) -> Result<Voted, VoteRefusal> {
    let revision = approval.revision();
    approval.vote(voter, ballot(verdict), after(minute), revision)
}

#[test]
fn a_quorum_counts_different_people_not_credentials() {
    let mut approval = pending(Role::Operator, 2);
    let bob = voter("bob", Role::Operator);
    let bobs_key = Voter {
        actor: "api_key:1".to_owned(),
        ..bob.clone()
    };
    let recorded = Voted::Recorded {
        approvals: 1,
        quorum: 2,
    };
    assert_eq!(vote(&mut approval, &bob, Verdict::Approve, 1), Ok(recorded));
    for again in [&bob, &bobs_key] {
        assert_eq!(
            vote(&mut approval, again, Verdict::Approve, 2),
            Err(VoteRefusal::AlreadyVoted)
        );
    }
    let voted = vote(
        &mut approval,
        &voter("ann", Role::Admin),
        Verdict::Approve,
        3,
    );
    let by = vec!["tenant_token:bob".to_owned(), "tenant_token:ann".to_owned()];
    assert_eq!(voted, Ok(Voted::Resolved(Resolution::Approved { by })));
}

#[test]
fn one_denial_denies_even_by_somebody_who_approved() {
    let mut approval = pending(Role::Operator, 3);
    let bob = voter("bob", Role::Operator);
    vote(&mut approval, &bob, Verdict::Approve, 1).expect("counts");
    let voted = vote(&mut approval, &bob, Verdict::Deny, 2).expect("counts");
    assert!(matches!(voted, Voted::Resolved(Resolution::Denied { .. })));
    assert_eq!(
        vote(
            &mut approval,
            &voter("ann", Role::Admin),
            Verdict::Approve,
            3
        ),
        Err(VoteRefusal::NotPending(ApprovalStatus::Denied))
    );
}

#[test]
fn who_asked_may_not_resolve_by_any_of_their_names() {
    let mut approval = pending(Role::Operator, 1);
    let same_actor = Voter {
        actor: "adapter_token".to_owned(),
        user: None,
        adapter: None,
        role: Role::Admin,
    };
    let same_adapter = Voter {
        actor: "somebody".to_owned(),
        adapter: requester().adapter,
        ..same_actor.clone()
    };
    for own in [&voter("rita", Role::Admin), &same_actor, &same_adapter] {
        for verdict in [Verdict::Approve, Verdict::Deny] {
            assert_eq!(
                vote(&mut approval, own, verdict, 1),
                Err(VoteRefusal::SelfApproval)
            );
        }
    }
    let other_adapter = Voter {
        adapter: Some(AdapterId::new("other").expect("a name")),
        ..voter("bob", Role::Admin)
    };
    let required = Role::Operator;
    assert_eq!(
        vote(&mut approval, &other_adapter, Verdict::Approve, 1),
        Err(VoteRefusal::RoleTooLow { required })
    );
}

#[test]
fn an_expired_decision_cannot_be_approved_whether_or_not_anybody_noticed() {
    let mut approval = pending(Role::Operator, 1);
    let admin = voter("ann", Role::Admin);
    assert_eq!(
        vote(&mut approval, &admin, Verdict::Approve, 60),
        Err(VoteRefusal::Expired)
    );
    assert_eq!(approval.status(after(60)), ApprovalStatus::Expired);
    assert_eq!(approval.advance(after(60)), Some(Due::Expired));
    assert_eq!(approval.advance(after(61)), None);
    assert_eq!(
        vote(&mut approval, &admin, Verdict::Approve, 59),
        Err(VoteRefusal::Expired),
        "a clock that went back does not bring it back"
    );
}

#[test]
fn after_the_deadline_a_higher_role_is_needed_and_lower_votes_no_longer_count() {
    let mut approval = pending(Role::Operator, 2);
    vote(
        &mut approval,
        &voter("bob", Role::Operator),
        Verdict::Approve,
        1,
    )
    .expect("counts");
    assert_eq!(approval.due_at(), Some(after(30)));
    let role = Role::ReleaseManager;
    assert_eq!(approval.advance(after(30)), Some(Due::Escalated { role }));
    assert_eq!(
        (approval.advance(after(31)), approval.due_at()),
        (None, Some(after(60)))
    );
    assert_eq!(
        vote(
            &mut approval,
            &voter("cid", Role::Operator),
            Verdict::Approve,
            31
        ),
        Err(VoteRefusal::RoleTooLow { required: role })
    );
    let first = vote(
        &mut approval,
        &voter("ann", Role::Admin),
        Verdict::Approve,
        32,
    );
    assert!(
        matches!(first, Ok(Voted::Recorded { approvals: 1, .. })),
        "{first:?}"
    );
    let promoted = vote(&mut approval, &voter("bob", role), Verdict::Approve, 33);
    assert!(matches!(promoted, Ok(Voted::Resolved(_))), "{promoted:?}");
}

#[test]
fn a_vote_on_what_has_changed_since_it_was_read_is_refused() {
    let mut approval = pending(Role::Operator, 2);
    vote(
        &mut approval,
        &voter("bob", Role::Operator),
        Verdict::Approve,
        1,
    )
    .expect("counts");
    let late = approval.vote(
        &voter("ann", Role::Admin),
        ballot(Verdict::Approve),
        after(2),
        1,
    );
    assert_eq!(late, Err(VoteRefusal::RevisionConflict { current: 2 }));
}

#[test]
fn edited_arguments_are_approved_anew_and_the_grant_is_for_them() {
    let mut approval = pending(Role::Operator, 1);
    let limits = GrantLimits {
        capabilities: Vec::new(),
        max_steps: 1,
        max_cost_usd: None,
        max_seconds: 60,
    };
    let grant = |approval: &Approval| {
        approval.grant(
            GrantId::generate(&SequentialIds::default()),
            limits.clone(),
            after(20),
        )
    };
    let (bob, ann) = (voter("bob", Role::Operator), voter("ann", Role::Admin));
    let edited = intent("write /safe/b.md");
    let to = Rebinding {
        intent_hash: edited,
        required_role: Role::Viewer,
        quorum: 1,
    };
    let rev = approval.revision();
    assert!(matches!(
        approval.rebind(&bob, to, after(1), rev),
        Err(VoteRefusal::Terms(_))
    ));
    let to = Rebinding {
        required_role: Role::Operator,
        quorum: 2,
        ..to
    };
    approval
        .rebind(&bob, to, after(1), rev)
        .expect("an operator may edit");
    assert_eq!(approval.edited_by(), Some("tenant_token:bob"));
    vote(&mut approval, &bob, Verdict::Approve, 2).expect("counts");
    assert_eq!(grant(&approval), None);
    vote(&mut approval, &ann, Verdict::Approve, 3).expect("counts");
    assert_eq!(
        grant(&approval).map(|grant| grant.intent_hash),
        Some(edited)
    );
    assert_eq!(
        approval.retry(intent("write /safe/a.md"), after(4)),
        RetryAnswer::OtherIntent
    );
    assert_eq!(
        approval.retry(edited, after(4)),
        RetryAnswer::Same(ApprovalStatus::Approved)
    );
}

#[test]
fn a_withdrawn_decision_stays_withdrawn() {
    let mut approval = pending(Role::Operator, 1);
    let rev = approval.revision();
    approval
        .cancel("adapter_token".to_owned(), after(1), rev)
        .expect("pending");
    assert_eq!(
        vote(
            &mut approval,
            &voter("ann", Role::Admin),
            Verdict::Approve,
            2
        ),
        Err(VoteRefusal::NotPending(ApprovalStatus::Cancelled))
    );
    assert_eq!(
        (approval.due_at(), approval.advance(after(99))),
        (None, None)
    );
}

#[test]
fn only_what_is_open_is_told_as_pending() {
    let told = [
        (ApprovalStatus::Pending, PolledEffect::Pending),
        (ApprovalStatus::Approved, PolledEffect::Allow),
        (ApprovalStatus::Denied, PolledEffect::Deny),
        (ApprovalStatus::Expired, PolledEffect::Deny),
        (ApprovalStatus::Cancelled, PolledEffect::Deny),
    ];
    for (status, effect) in told {
        assert_eq!(status.polled_effect(), effect, "{}", status.name());
    }
}

#[test]
fn terms_that_let_nobody_or_anybody_decide_are_refused() {
    let check = |change: fn(&mut ApprovalTerms)| {
        let mut terms = terms(Role::Operator, 1);
        change(&mut terms);
        Approval::open(decision(), intent("x"), requester(), terms, start()).map(drop)
    };
    assert_eq!(
        check(|t| t.required_role = Role::Viewer),
        Err(TermsError::Role)
    );
    assert_eq!(check(|t| t.quorum = 0), Err(TermsError::Quorum));
    assert_eq!(check(|t| t.quorum = 11), Err(TermsError::Quorum));
    assert_eq!(check(|t| t.expires_at = start()), Err(TermsError::Expiry));
    assert_eq!(
        check(|t| t.escalate_at = Some(t.expires_at)),
        Err(TermsError::Escalation)
    );
    assert_eq!(check(|_| ()), Ok(()));
}
