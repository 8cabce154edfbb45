//! Entries, their hashes and their links.

use proptest::prelude::*;

use super::*;
use crate::{Clock, ManualClock, SequentialIds, canonical_json};

fn entry(actor: &str, detail: &serde_json::Value) -> AuditEntry {
    let clock = ManualClock::at(Timestamp::UNIX_EPOCH);
    AuditEntry {
        id: AuditEntryId::generate(&SequentialIds::default()),
        tenant: TenantId::new("acme").expect("a name"),
        workspace: None,
        trace: None,
        user: None,
        actor: actor.into(),
        event: AuditEvent::TenantCreated,
        target: Some("tenant:acme".into()),
        detail: canonical_json(detail).expect("plain JSON"),
        occurred_at: clock.now(),
    }
}

#[test]
fn the_hashed_bytes_are_canonical_json() {
    let logged = ChainHead::EMPTY.append(entry(
        "a\"b\n\u{1}é",
        &serde_json::json!({"z": 1, "a": "x"}),
    ));
    let bytes = logged.leaf_bytes();
    let value: serde_json::Value = serde_json::from_slice(&bytes).expect("JSON");
    assert_eq!(
        canonical_json(&value).expect("JSON").as_str().as_bytes(),
        bytes
    );
}

#[test]
fn every_column_is_under_the_hash() {
    let base = ChainHead::EMPTY.append(entry("a", &serde_json::json!({})));
    let edits: [fn(&mut LoggedEntry); 11] = [
        |e| e.entry.id = AuditEntryId::from_uuid(uuid::Uuid::from_u128(9)),
        |e| e.entry.tenant = TenantId::new("other").expect("a name"),
        |e| e.entry.workspace = Some(WorkspaceId::new("w").expect("a name")),
        |e| e.entry.trace = Some(TraceId::from_uuid(uuid::Uuid::from_u128(9))),
        |e| e.entry.user = Some(UserId::new("u").expect("a name")),
        |e| e.entry.actor.push('x'),
        |e| e.entry.event = AuditEvent::BudgetChanged,
        |e| e.entry.target = None,
        |e| e.entry.detail = canonical_json(&serde_json::json!({"x": 1})).expect("JSON"),
        |e| e.entry.occurred_at += chrono::TimeDelta::microseconds(1),
        |e| e.seq += 1,
    ];
    assert!(base.is_intact());
    for (n, edit) in edits.iter().enumerate() {
        let mut edited = base.clone();
        edit(&mut edited);
        assert!(!edited.is_intact(), "edit {n} went unnoticed");
    }
}

proptest! {
    #[test]
    fn a_chain_links_each_entry_to_the_one_before(actors in prop::collection::vec(".*", 1..8)) {
        let mut head = ChainHead::EMPTY;
        for actor in actors {
            let logged = head.append(entry(&actor, &serde_json::json!({})));
            prop_assert_eq!(logged.prev_hash, head.hash);
            prop_assert_eq!(logged.seq, head.seq + 1);
            prop_assert!(logged.is_intact());
            head = logged.head();
        }
    }
}
