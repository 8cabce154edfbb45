//! Redaction of JSON values.

use clasper_redaction::{Counts, Entity, Redactor};
use serde_json::{Value, json};

fn redact(value: Value) -> (Value, Counts) {
    Redactor::standard().redact_json(value)
}

#[test]
fn strings_are_redacted_at_any_depth() {
    let (value, counts) =
        redact(json!({"a": [{"b": "bob@example.com"}, "10.0.0.1", 7, true, null]}));
    assert_eq!(
        value,
        json!({"a": [{"b": "[EMAIL]"}, "[IP]", 7, true, null]})
    );
    assert_eq!(counts.get(Entity::Email), 1);
    assert_eq!(counts.get(Entity::IpAddress), 1);
}

#[test]
fn everything_below_a_sensitive_name_is_masked() {
    let (value, counts) = redact(json!({
        "db_password": "short", "apiKey": 12345, "Authorization": "Basic x", "x-api-key": "k",
        "credentials": {"user": "u", "parts": ["p", 1]}, "access_token": "t", "max_token": 5, "password": null, "pwd": "",
    }));
    assert_eq!(
        value,
        json!({
            "db_password": "[SECRET]", "apiKey": "[SECRET]", "Authorization": "[SECRET]", "x-api-key": "[SECRET]",
            "credentials": {"user": "[SECRET]", "parts": ["[SECRET]", "[SECRET]"]},
            "access_token": "[SECRET]", "max_token": 5, "password": null, "pwd": "",
        })
    );
    assert_eq!(counts.get(Entity::Secret), 8);
}

#[test]
fn counts_of_tokens_are_not_secrets() {
    let usage =
        json!({"prompt_tokens": 12, "total_tokens": 20, "tokenizer": "o200k", "secretary": "Ann"});
    let (value, counts) = redact(usage.clone());
    assert_eq!(value, usage);
    assert!(counts.is_empty());
}

#[test]
fn member_names_are_redacted_without_losing_members() {
    let (value, counts) = redact(json!({"bob@example.com": 1, "eve@example.com": 2}));
    assert_eq!(value, json!({"[EMAIL]": 1, "[EMAIL] (2)": 2}));
    assert_eq!(counts.total(), 2);
}

#[test]
fn card_numbers_are_found_in_numbers_too() {
    let (value, _) =
        redact(json!({"card": 4_111_111_111_111_111_u64, "at": 1_700_000_000_000_u64}));
    assert_eq!(
        value,
        json!({"card": "[CREDIT_CARD]", "at": 1_700_000_000_000_u64})
    );
}

#[test]
fn redacting_json_twice_changes_nothing_more() {
    let (once, _) = redact(json!({"password": "x", "m": "password: y, mail bob@example.com"}));
    let (twice, counts) = redact(once.clone());
    assert_eq!(twice, once);
    assert!(counts.is_empty());
}
