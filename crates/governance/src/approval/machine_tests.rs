//! Tests of approvals under any sequence of events, against what is always true of them.

use std::collections::BTreeSet;

use clasper_core::{Role, Timestamp};
use proptest::prelude::*;

use crate::approval::tests::{after, ballot, decision, intent, requester, start, terms, voter};
use crate::approval::*;

const PEOPLE: [&str; 5] = ["ann", "bob", "cid", "dee", "rita"];

#[derive(Debug, Clone)]
enum Event {
    Vote {
        who: usize,
        role: Role,
        deny: bool,
        stale: bool,
    },
    Edit {
        who: usize,
        role: Role,
        arguments: u8,
        quorum: u32,
    },
    Cancel {
        stale: bool,
    },
    Notice,
    Wait {
        minutes: i64,
    },
}

fn role() -> impl Strategy<Value = Role> {
    prop::sample::select(Role::ALL)
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let who = 0..PEOPLE.len();
    let rarely = || prop::bool::weighted(0.1);
    let event = prop_oneof![
        8 => (who.clone(), role(), rarely(), rarely()).prop_map(|(who, role, deny, stale)| Event::Vote { who, role, deny, stale }),
        1 => (who, role(), any::<u8>(), 0u32..4).prop_map(|(who, role, arguments, quorum)| Event::Edit { who, role, arguments, quorum }),
        1 => rarely().prop_map(|stale| Event::Cancel { stale }),
        2 => Just(Event::Notice),
        3 => (0i64..15).prop_map(|minutes| Event::Wait { minutes }),
    ];
    prop::collection::vec(event, 1..60)
}

/// What the test itself remembers: who approved the intent that is bound now, and with which role.
#[derive(Default)]
struct Memory {
    approved: Vec<(usize, Role)>,
    resolved: u32,
}

impl Memory {
    fn people_of(&self, least: Role) -> usize {
        let enough = self.approved.iter().filter(|(_, role)| *role >= least);
        enough.map(|(who, _)| who).collect::<BTreeSet<_>>().len()
    }
}

fn apply(
    approval: &mut Approval,
    event: &Event,
    memory: &mut Memory,
    now: Timestamp,
) -> Result<bool, TestCaseError> {
    let revision = approval.revision();
    let read = |stale: bool| if stale { revision - 1 } else { revision };
    match *event {
        Event::Vote {
            who,
            role,
            deny,
            stale,
        } => {
            let verdict = if deny {
                Verdict::Deny
            } else {
                Verdict::Approve
            };
            let required = approval.required_role(now);
            let answer =
                approval.vote(&voter(PEOPLE[who], role), ballot(verdict), now, read(stale));
            let Ok(voted) = answer else { return Ok(false) };
            prop_assert!(!stale && now < approval.terms().expires_at);
            prop_assert!(PEOPLE[who] != "rita" && role >= required);
            memory.approved.retain(|(other, _)| *other != who);
            if !deny {
                memory.approved.push((who, role));
            }
            let quorum = usize::try_from(approval.terms().quorum).expect("small");
            match voted {
                Voted::Recorded { .. } => {
                    prop_assert!(!deny && memory.people_of(required) < quorum);
                }
                Voted::Resolved(Resolution::Denied { .. }) => prop_assert!(deny),
                Voted::Resolved(Resolution::Approved { .. }) => {
                    prop_assert!(memory.people_of(required) >= quorum);
                }
            }
            memory.resolved += u32::from(matches!(voted, Voted::Resolved(_)));
            Ok(true)
        }
        Event::Edit {
            who,
            role,
            arguments,
            quorum,
        } => {
            let to = Rebinding {
                intent_hash: intent(&arguments.to_string()),
                required_role: Role::Operator,
                quorum,
            };
            let before = approval.terms().clone();
            let changed = approval
                .rebind(&voter(PEOPLE[who], role), to, now, revision)
                .is_ok();
            if changed {
                prop_assert!(PEOPLE[who] != "rita" && approval.votes().is_empty());
                prop_assert!(approval.terms().quorum >= before.quorum);
                prop_assert!(approval.terms().required_role >= before.required_role);
                prop_assert_eq!(approval.intent_hash(), to.intent_hash);
                memory.approved.clear();
            }
            Ok(changed)
        }
        Event::Cancel { stale } => {
            let changed = approval.cancel("rita".to_owned(), now, read(stale)).is_ok();
            memory.resolved += u32::from(changed);
            Ok(changed)
        }
        Event::Notice => {
            let due = approval.advance(now);
            memory.resolved += u32::from(due == Some(Due::Expired));
            Ok(due.is_some())
        }
        Event::Wait { .. } => Ok(false),
    }
}

proptest! {
    /// Whatever happens in whatever order: it is resolved at most once, only by enough of the right people, never by who asked
    /// and never after its time; every change raises the revision by one and a refusal changes nothing.
    #[test]
    fn an_approval_keeps_its_promises_under_any_sequence_of_events(
        required in prop::sample::select(vec![Role::Operator, Role::ReleaseManager, Role::Admin]),
        quorum in 1u32..4, events in events(),
    ) {
        let terms = terms(required, quorum);
        let mut approval = Approval::open(decision(), intent("first"), requester(), terms, start()).expect("sensible");
        let (mut memory, mut minute) = (Memory::default(), 0);
        for event in events {
            if let Event::Wait { minutes } = event {
                minute += minutes;
            }
            let now = after(minute);
            let before = approval.clone();
            let changed = apply(&mut approval, &event, &mut memory, now)?;
            if changed {
                prop_assert_eq!(approval.revision(), before.revision() + 1);
                prop_assert_eq!(before.state(), &ApprovalState::Pending, "what is resolved stays as it is");
            } else {
                prop_assert_eq!(&approval, &before);
            }
            prop_assert!(memory.resolved <= 1);
            prop_assert_eq!(memory.resolved == 1, approval.state() != &ApprovalState::Pending);
            if let ApprovalState::Approved { at } = approval.state() {
                prop_assert!(*at < approval.terms().expires_at);
            }
            let stored = serde_json::to_string(&approval).expect("JSON");
            prop_assert_eq!(&serde_json::from_str::<Approval>(&stored).expect("reads"), &approval);
        }
    }
}
