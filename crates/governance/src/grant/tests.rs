//! Tests of grants: used once, in time, for their intent, within their limits.

use clasper_core::{DecisionId, GrantId, SequentialIds};
use proptest::prelude::*;

use super::*;

fn start() -> Timestamp {
    "2026-11-20T10:00:00Z".parse().expect("a time")
}

fn after(seconds: i64) -> Timestamp {
    start() + TimeDelta::seconds(seconds)
}

fn intent(text: &str) -> Sha256Digest {
    Sha256Digest::of(text.as_bytes())
}

fn usd(text: &str) -> Usd {
    text.parse().expect("money")
}

/// For `write /safe/a.md`, for ten minutes from the start.
fn issued() -> LiveGrant {
    let ids = SequentialIds::default();
    LiveGrant::issue(Grant {
        id: GrantId::generate(&ids),
        decision: DecisionId::generate(&ids),
        intent_hash: intent("write /safe/a.md"),
        limits: GrantLimits {
            capabilities: vec!["tool:write".to_owned()],
            max_steps: 3,
            max_cost_usd: Some(usd("0.50")),
            max_seconds: 60,
        },
        expires_at: after(600),
    })
}

fn write() -> GrantUse {
    GrantUse {
        capabilities: vec!["tool:write".to_owned()],
        steps: 1,
        cost_usd: usd("0.10"),
        seconds: 10,
    }
}

#[test]
fn a_consumed_grant_cannot_be_consumed_again() {
    let mut grant = issued();
    grant
        .consume(intent("write /safe/a.md"), &write(), after(1))
        .expect("as granted");
    assert_eq!(
        grant.consume(intent("write /safe/a.md"), &write(), after(2)),
        Err(GrantRefusal::Consumed)
    );
    assert_eq!(
        grant.revoke("ann".to_owned(), after(3)),
        Err(GrantRefusal::Consumed)
    );
    assert!(!grant.lapse(after(700)));
}

#[test]
fn swapped_arguments_leave_the_grant_unused() {
    let mut grant = issued();
    assert_eq!(
        grant.consume(intent("write /etc/passwd"), &write(), after(1)),
        Err(GrantRefusal::OtherIntent)
    );
    assert_eq!(grant.state(), &GrantState::Issued);
}

#[test]
fn a_grant_ends_at_its_expiry_and_when_it_is_taken_back() {
    let mut late = issued();
    let hash = intent("write /safe/a.md");
    assert_eq!(
        late.consume(hash, &write(), after(600)),
        Err(GrantRefusal::Expired)
    );
    assert!(late.lapse(after(600)) && !late.lapse(after(601)));
    assert_eq!(
        late.consume(hash, &write(), after(1)),
        Err(GrantRefusal::Expired)
    );

    let mut revoked = issued();
    revoked.revoke("ann".to_owned(), after(1)).expect("unused");
    assert_eq!(
        revoked.consume(hash, &write(), after(2)),
        Err(GrantRefusal::Revoked)
    );
}

#[test]
fn more_than_was_granted_is_refused_before_and_recorded_after() {
    let greedy = GrantUse {
        capabilities: vec!["tool:write".to_owned(), "tool:delete".to_owned()],
        steps: 4,
        cost_usd: usd("0.51"),
        seconds: 61,
    };
    let beyond = vec![
        ScopeViolation::Capability {
            name: "tool:delete".to_owned(),
        },
        ScopeViolation::Steps {
            used: 4,
            granted: 3,
        },
        ScopeViolation::Cost {
            used_usd: usd("0.51"),
            granted_usd: usd("0.50"),
        },
        ScopeViolation::Seconds {
            used: 61,
            granted: 60,
        },
    ];
    let mut grant = issued();
    let hash = intent("write /safe/a.md");
    assert_eq!(
        grant.consume(hash, &greedy, after(1)),
        Err(GrantRefusal::BeyondLimits(beyond.clone()))
    );
    grant.consume(hash, &write(), after(1)).expect("as granted");
    assert_eq!(grant.violations(&greedy, after(30)), beyond);
    assert_eq!(grant.violations(&write(), after(61)), []);
    for outside in [after(0), after(62)] {
        assert_eq!(
            grant.violations(&write(), outside),
            [ScopeViolation::OutsideItsTime]
        );
    }
    assert_eq!(
        issued().violations(&write(), after(5)),
        [ScopeViolation::NotConsumed]
    );
}

proptest! {
    #[test]
    fn a_grant_leaves_its_first_state_once_and_in_time(
        events in prop::collection::vec((0u8..4, any::<bool>(), any::<bool>(), 0i64..120), 1..40),
    ) {
        let (mut grant, mut second, mut changes) = (issued(), 0, 0);
        for (kind, right, modest, wait) in events {
            second += wait;
            let now = after(second);
            let before = grant.state().clone();
            let hash = intent(if right { "write /safe/a.md" } else { "rm -rf /" });
            let wanted = if modest { write() } else { GrantUse { steps: 9, ..write() } };
            let changed = match kind {
                0 | 1 => {
                    let used = grant.consume(hash, &wanted, now).is_ok();
                    prop_assert!(!used || (right && modest && now < grant.grant().expires_at));
                    used
                }
                2 => grant.revoke("ann".to_owned(), now).is_ok(),
                _ => grant.lapse(now),
            };
            changes += u32::from(changed);
            prop_assert_eq!(changed, grant.state() != &before);
            prop_assert!(changes <= 1 && (changes == 0) == (grant.state() == &GrantState::Issued));
            let stored = serde_json::to_string(grant.state()).expect("JSON");
            prop_assert_eq!(&serde_json::from_str::<GrantState>(&stored).expect("reads"), grant.state());
        }
    }
}
