//! Configuration as people write it, and patterns of their own.

use clasper_redaction::{
    ConfigError, Detector, Entity, HashKey, Pattern, PatternError, RedactionConfig, Redactor,
};
use serde_json::json;

use crate::properties::shared;

fn build(yaml: &str) -> Result<Redactor, ConfigError> {
    RedactionConfig::from_yaml(yaml)?.build(None)
}

#[test]
fn the_form_of_the_reference_works() {
    let yaml = r"
pii:
  patterns: [email, ssn, EMPTY]
  strategy: drop
";
    assert_eq!(
        build(yaml).expect_err("no such pattern"),
        ConfigError::Unknown {
            pointer: "/pii/patterns/2".to_owned()
        }
    );
    let yaml = r"
pii:
  patterns: [email, ssn, ip_address]
  strategy: mask
  strategies: { IP_ADDRESS: drop, TICKET: drop }
custom:
  - { name: employee-id, pattern: 'EMP-\d{6}', replacement: '<EMPLOYEE>' }
  - { name: TICKET, pattern: '\bT-[0-9]+\b', max_length: 12 }
";
    let redactor = build(yaml).expect("a configuration");
    let redacted = redactor.redact("EMP-123456, a@b.de, T-77, 10.0.0.1 and +49 30 901820");
    assert_eq!(redacted.text, "<EMPLOYEE>, [EMAIL], ,  and +49 30 901820");
    assert_eq!(redacted.findings[0].entity.name(), "EMPLOYEE_ID");
}

#[test]
fn nothing_configured_is_everything_masked() {
    for yaml in ["", "{}", "pii: {}"] {
        let redactor = build(yaml).expect("a configuration");
        assert_eq!(redactor.redact("mail a@b.de").text, "mail [EMAIL]");
    }
}

#[test]
fn what_is_not_known_is_refused_with_its_place() {
    for (yaml, place) in [
        ("pii: { strategy: summarize }", "/pii/strategy: "),
        ("pii: { stratgy: mask }", "/pii/stratgy: "),
        (
            "custom: [{ name: A, pattern: b, colour: red }]",
            "/custom/0/colour: ",
        ),
        ("custom: [{ name: A, pattern: '(' }]", "/custom/0/pattern: "),
        ("custom: [{ name: 1A, pattern: b }]", "/custom/0/name: "),
        ("custom: [{ name: EMAIL, pattern: b }]", "/custom/0/name: "),
        (
            "custom: [{ name: A, pattern: bb, max_length: 999 }]",
            "/custom/0/max_length: ",
        ),
        (
            "custom: [{ name: A, pattern: bb, replacement: 'x@y.zz' }]",
            "/custom/0/replacement: ",
        ),
        (
            "pii: { strategies: { NOPE: drop } }",
            "/pii/strategies/NOPE: ",
        ),
        ("pii: { strategy: hash }", "/pii/strategy: "),
        (
            "custom: [{ name: A, pattern: bb, strategy: hash }]",
            "/custom/0/strategy: ",
        ),
    ] {
        let error = build(yaml).expect_err(yaml).to_string();
        assert!(error.starts_with(place), "{yaml}: {error}");
    }
    assert_eq!(build("[").expect_err("no YAML"), ConfigError::Syntax);
}

#[test]
fn hashing_uses_the_key_of_the_tenant() {
    let config = RedactionConfig::from_value(&json!({"pii": {"strategy": "hash"}})).expect("json");
    let hash = |key: &str| {
        let redactor = config.build(Some(&HashKey::new(key))).expect("a key");
        redactor.redact("a@b.de").text.into_owned()
    };
    assert_eq!(hash("one"), hash("one"));
    assert_ne!(hash("one"), hash("two"));
}

#[test]
fn patterns_that_could_stall_are_refused() {
    let entity = Entity::custom("A").expect("a name");
    let new = |pattern: &str| Pattern::new(entity, pattern, 100).map(|_| ());
    assert_eq!(new(&"a".repeat(2000)), Err(PatternError::TooLong));
    assert_eq!(new("(?=a)b"), Err(PatternError::Syntax));
    assert_eq!(new("a*"), Err(PatternError::Empty));
    assert_eq!(new("^ab"), Err(PatternError::Anchored));
    assert_eq!(new("ab$"), Err(PatternError::Anchored));
    assert_eq!(new(r"(\w{50}\w{50}){50}"), Err(PatternError::TooLarge));
    assert_eq!(new(r"\bEMP-\d+\b"), Ok(()));
}

#[test]
fn patterns_that_match_far_too_much_stay_linear() {
    let entity = Entity::custom("A").expect("a name");
    let pattern = Pattern::new(entity, "a.*z", 64).expect("a pattern");
    let redactor = shared().with_pattern(pattern).expect("room");
    let text = "a ".repeat(100_000) + "z";
    let found = redactor.redact(&text).findings;
    assert_eq!(found.len(), 1);
    assert!(found[0].end - found[0].start <= 64);
}

#[test]
fn a_value_of_ones_own_inside_another_leaves_no_tail() {
    let entity = Entity::custom("CODE").expect("a name");
    let pattern = Pattern::new(entity, "com/[0-9]{4}", 20).expect("a pattern");
    let redactor = shared().with_pattern(pattern).expect("room");
    assert_eq!(redactor.redact("bob@example.com/1234 x").text, "[EMAIL] x");
}

/// Words that begin with `Q`.
#[derive(Debug)]
struct Quiet(Entity);

impl Detector for Quiet {
    fn entity(&self) -> Entity {
        self.0
    }
    fn max_length(&self) -> usize {
        8
    }
    fn length(&self, before: &str, text: &str) -> Option<usize> {
        let length = text.bytes().take_while(u8::is_ascii_alphanumeric).count();
        (text.starts_with('q') && before.ends_with(' ')).then_some(length)
    }
}

#[test]
fn detectors_of_ones_own_take_part() {
    let redactor = shared().with_detector(Quiet(Entity::custom("QUIET").expect("a name")));
    let text = "a quiet a-quiet quarantined a@b.de";
    assert_eq!(
        redactor.redact(text).text,
        "a [QUIET] a-quiet [QUIET]ned [EMAIL]"
    );
    let mut stream = redactor.stream();
    let mut out = String::new();
    for byte in text.bytes() {
        out.push_str(&stream.push(&[byte]).expect("text"));
    }
    out.push_str(&stream.finish().expect("text"));
    assert_eq!(out, "a [QUIET] a-quiet [QUIET]ned [EMAIL]");
}
