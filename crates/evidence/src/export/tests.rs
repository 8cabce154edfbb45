//! What others would read.

use clasper_core::{
    AuditEntry, AuditEntryId, AuditEvent, ChainHead, LoggedEntry, SequentialIds, TenantId,
    Timestamp, canonical_json,
};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn logged(event: AuditEvent, actor: &str, detail: &Value) -> LoggedEntry {
    ChainHead::EMPTY.append(AuditEntry {
        id: AuditEntryId::generate(&SequentialIds::default()),
        tenant: TenantId::new("acme").expect("a name"),
        workspace: None,
        trace: None,
        user: None,
        actor: actor.into(),
        event,
        target: Some("execution:7".into()),
        detail: canonical_json(detail).expect("plain JSON"),
        occurred_at: Timestamp::UNIX_EPOCH,
    })
}

/// An RFC 4180 reader, to check the writer with.
fn read_csv(row: &str) -> Vec<String> {
    let mut rest = row.strip_suffix("\r\n").expect("a line");
    let mut fields = Vec::new();
    loop {
        let mut field = String::new();
        rest = rest.strip_prefix('"').expect("every field is quoted");
        loop {
            let (part, tail) = rest.split_once('"').expect("a closing quote");
            field.push_str(part);
            rest = tail;
            match rest.strip_prefix('"') {
                Some(tail) => {
                    field.push('"');
                    rest = tail;
                }
                None => break,
            }
        }
        fields.push(field);
        match rest.strip_prefix(',') {
            Some(tail) => rest = tail,
            None => return fields,
        }
    }
}

#[test]
fn a_line_of_json_has_every_column_and_its_hashes() {
    let entry = logged(AuditEvent::BudgetChanged, "line\nbreak", &json!({"a": 1}));
    let line = jsonl_line(&entry).expect("plain JSON");
    assert_eq!(line.matches('\n').count(), 1);
    let value: Value = serde_json::from_str(&line).expect("JSON");
    assert_eq!(value["actor"], "line\nbreak");
    assert_eq!(value["detail"], json!({"a": 1}));
    assert_eq!(value["occurred_at"], "1970-01-01T00:00:00.000000Z");
    assert_eq!(value["leaf_hash"], entry.leaf_hash.to_string());
    assert_eq!(value["prev_hash"], Value::Null);
    assert_eq!(value.as_object().expect("an object").len(), 13);
}

#[test]
fn a_field_that_looks_like_a_formula_is_disarmed() {
    for bad in [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\tx",
        "\rx",
        "\n=x",
        "  =cmd|' /C calc'!A0",
        "＝1",
        "=\"x\",\"y\"",
    ] {
        let row = csv_row(&logged(AuditEvent::BudgetChanged, bad, &json!({})));
        assert_eq!(read_csv(&row)[3], format!("'{bad}"));
    }
}

#[test]
fn a_decision_is_an_authorize_event_and_a_change_is_api_activity() {
    let denied = logged(
        AuditEvent::ToolAuthorizationDenied,
        "agent",
        &json!({"reason": "unknown_tool"}),
    );
    let event = ocsf_event(&denied).expect("plain JSON");
    assert_eq!(event["class_uid"], 3003);
    assert_eq!(event["type_uid"], 300_301);
    assert_eq!(event["status_id"], 2);
    assert_eq!(event["status_code"], "unknown_tool");
    assert_eq!(event["user"]["name"], "agent");
    let created = logged(AuditEvent::TenantCreated, "daemon_key", &json!({}));
    let event = ocsf_event(&created).expect("plain JSON");
    assert_eq!(event["type_uid"], 600_301);
    assert_eq!(event["time"], 0);
}

#[test]
fn every_event_has_what_its_class_requires() {
    for event in AuditEvent::ALL {
        let value = ocsf_event(&logged(*event, "agent", &json!({}))).expect("plain JSON");
        let class = value["class_uid"].as_u64().expect("a number");
        for name in [
            "activity_id",
            "category_uid",
            "class_uid",
            "type_uid",
            "severity_id",
            "time",
            "metadata",
        ] {
            assert!(!value[name].is_null(), "{event} lacks {name}");
        }
        let own: &[&str] = match class {
            3003 => &["user"],
            _ => &["actor", "api", "src_endpoint"],
        };
        for name in own {
            assert!(!value[*name].is_null(), "{event} lacks {name}");
        }
        assert_eq!(value["category_uid"], class / 1000);
        assert_eq!(value["metadata"]["version"], OCSF_VERSION);
        assert!(value["metadata"]["product"]["vendor_name"].is_string());
    }
}

proptest! {
    #[test]
    fn any_text_survives_csv_but_for_the_apostrophe(actor in ".*|[=+@\",\r\n -]{0,6}") {
        let entry = logged(AuditEvent::BudgetChanged, &actor, &json!({"t": actor}));
        let fields = read_csv(&csv_row(&entry));
        prop_assert_eq!(fields.len(), CSV_HEADER.split(',').count());
        let plain = fields[3] == actor;
        let disarmed = format!("'{actor}");
        prop_assert!(plain || fields[3] == disarmed);
        if plain {
            prop_assert!(!actor.trim_start_matches(' ').starts_with(['=', '+', '-', '@', '\t', '\r', '\n']));
        }
        prop_assert_eq!(&fields[10], entry.entry.detail.as_str());
    }
}
