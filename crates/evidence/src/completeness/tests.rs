//! What pairs, what is open, and what contradicts.

use chrono::TimeDelta;
use proptest::prelude::*;

use super::*;

const T: Timestamp = Timestamp::UNIX_EPOCH;

fn run(from_start: bool, entries: &[(PairRole, Option<&str>)]) -> CompletenessReport {
    let mut pairing = Pairing::new(from_start);
    for (seq, (role, decision)) in (1..).zip(entries) {
        pairing.take(seq, *role, *decision, T);
    }
    pairing.finish(T + TimeDelta::seconds(5))
}

#[test]
fn decisions_are_paired_refused_or_open_with_their_age() {
    let report = run(
        true,
        &[
            (PairRole::Decides, Some("a")),
            (PairRole::Apart, None),
            (PairRole::Decides, Some("b")),
            (PairRole::DecidesAndCloses, Some("c")),
            (PairRole::Closes, Some("a")),
        ],
    );
    assert!(report.is_complete());
    assert_eq!(
        (report.entries, report.paired, report.open_count),
        (5, 2, 1)
    );
    let open = &report.open[0];
    assert_eq!(
        (open.decision.as_str(), open.seq, open.age_ms),
        ("b", 3, 5000)
    );
}

#[test]
fn doubles_orphans_and_nameless_entries_are_named() {
    let report = run(
        true,
        &[
            (PairRole::Decides, Some("a")),
            (PairRole::Decides, Some("a")),
            (PairRole::Closes, Some("a")),
            (PairRole::Closes, Some("a")),
            (PairRole::Closes, Some("x")),
            (PairRole::Decides, None),
            (PairRole::Decides, Some("a")),
        ],
    );
    let decision = |name: &str| name.to_owned();
    assert_eq!(
        report.faults,
        [
            PairFault::DoubleDecision {
                seq: 2,
                decision: decision("a")
            },
            PairFault::DoubleOutcome {
                seq: 4,
                decision: decision("a")
            },
            PairFault::Orphan {
                seq: 5,
                decision: decision("x")
            },
            PairFault::Nameless { seq: 6 },
            PairFault::DoubleDecision {
                seq: 7,
                decision: decision("a")
            },
        ]
    );
    assert!(!report.is_complete());
}

#[test]
fn a_stream_that_starts_within_the_log_may_close_earlier_decisions_once() {
    let closes = (PairRole::Closes, Some("earlier"));
    let report = run(false, &[closes]);
    assert!(report.is_complete());
    assert_eq!(report.decided_before, 1);
    assert!(!run(false, &[closes, closes]).is_complete());
    assert!(!run(true, &[closes]).is_complete());
}

proptest! {
    #[test]
    fn removing_or_doubling_any_outcome_shows(runs in 1_usize..40, at in any::<prop::sample::Index>(), double in any::<bool>()) {
        let names: Vec<String> = (0..runs).map(|n| n.to_string()).collect();
        let mut entries: Vec<_> = names.iter().map(|n| (PairRole::Decides, Some(n.as_str()))).collect();
        entries.extend(names.iter().map(|n| (PairRole::Closes, Some(n.as_str()))));
        let whole = run(true, &entries);
        prop_assert_eq!((whole.paired, whole.open_count, whole.fault_count), (runs as u64, 0, 0));
        let place = runs + at.index(runs);
        if double {
            entries.insert(place, entries[place]);
            prop_assert_eq!(run(true, &entries).fault_count, 1);
        } else {
            entries.remove(place);
            prop_assert_eq!(run(true, &entries).open_count, 1);
        }
    }
}
