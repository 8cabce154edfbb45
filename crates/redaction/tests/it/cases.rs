//! Texts with their expected redaction.

use clasper_redaction::{Entity, HashKey, Redactor, Strategy};

fn check(cases: &[(&str, &str)]) {
    let redactor = Redactor::standard();
    for (text, expected) in cases {
        assert_eq!(redactor.redact(text).text, *expected, "input: {text}");
    }
}

fn check_untouched(texts: &[&str]) {
    let redactor = Redactor::standard();
    for text in texts {
        let redacted = redactor.redact(text);
        assert_eq!(redacted.text, *text);
        assert!(redacted.findings.is_empty());
    }
}

#[test]
fn each_kind_is_masked() {
    check(&[
        ("ip 10.0.0.1 mail bob@example.com", "ip [IP] mail [EMAIL]"),
        ("bob@example.com, ssn 123-45-6789.", "[EMAIL], ssn [SSN]."),
        ("write <jörg.müller@exämple.de>", "write <[EMAIL]>"),
        ("pay 4111 1111 1111 1111 now", "pay [CREDIT_CARD] now"),
        (
            "4111-1111-1111-1111, 378282246310005",
            "[CREDIT_CARD], [CREDIT_CARD]",
        ),
        (
            "3782 822463 10005 or 30569309025904",
            "[CREDIT_CARD] or [CREDIT_CARD]",
        ),
        ("12 4111111111111111 23", "12 [CREDIT_CARD] 23"),
        (
            "call 555-123-4567 or (555) 123-4567",
            "call [PHONE] or [PHONE]",
        ),
        (
            "+49 30 901820 and +15551234567 and 1-555-123-4567",
            "[PHONE] and [PHONE] and [PHONE]",
        ),
        ("phone number is 5551234567", "phone number is [PHONE]"),
        ("http://192.168.1.254:8080/", "http://[IP]:8080/"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl", "[JWT]"),
        (
            "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nend",
            "[PRIVATE_KEY]\nend",
        ),
        (
            "cut off: -----BEGIN PRIVATE KEY-----\nMIIEvQIB",
            "cut off: [PRIVATE_KEY]",
        ),
    ]);
}

#[test]
fn credentials_are_masked_and_their_field_names_stay() {
    check(&[
        ("key sk-abcdefghijklmnopqrstuvwx!", "key [API_KEY]!"),
        ("ghp_0123456789abcdefghijABCDEFGHIJ012345", "[API_KEY]"),
        ("AKIAIOSFODNN7EXAMPLE", "[API_KEY]"),
        ("api_key=abcdef1234567890&x=1", "api_key=[API_KEY]&x=1"),
        (r#"{"apiKey": "abcdefgh"}"#, r#"{"apiKey": "[API_KEY]"}"#),
        ("password: hunter2 ok", "password: [SECRET] ok"),
        (
            r#"{"password":"a \"b\" c","user":"u"}"#,
            r#"{"password":"[SECRET]","user":"u"}"#,
        ),
        (
            r#"{\"password\":\"x y\",\"user\":\"u\"}"#,
            r#"{\"password\":\"[SECRET]\",\"user\":\"u\"}"#,
        ),
        ("DB_PASSWD='a b' next", "DB_PASSWD='[SECRET]' next"),
        (r#"{"msg":"pwd=abc"}"#, r#"{"msg":"pwd=[SECRET]"}"#),
        ("password: [hunter2", "password: [SECRET]"),
        (
            "password: \"never closed\nnext line",
            "password: \"[SECRET]\nnext line",
        ),
        ("client_secret=0123456789abcdef", "client_secret=[SECRET]"),
        (
            "Authorization: Bearer abcdef0123456789abcdef",
            "Authorization: Bearer [SECRET]",
        ),
        (
            "Authorization: Basic dXNlcjpwYXNzd29yZA==",
            "Authorization: Basic [SECRET]",
        ),
        (
            "postgres://app:s3cr3t@db.example.com:5432/x",
            "postgres://[URL_CREDENTIALS]@db.example.com:5432/x",
        ),
        ("https://u:p@ss@host/", "https://[URL_CREDENTIALS]@host/"),
    ]);
}

#[test]
fn ordinary_text_is_not_copied_or_changed() {
    check_untouched(&[
        "",
        "The meeting is at 10:30, room 4.2, price 1,234.56 EUR.",
        "id 550e8400-e29b-41d4-a716-446655440000 and 12345678-1234-4111-8111-111111111111",
        "id abcd4111-1111-1111-1111-1111abcd0000",
        "e3b0c44298fc1c149afbf4c8996fb924274111111111111111649b934ca495991b7852b855",
        "2026-11-20T10:03:16.397Z 2026-11-20T10:03:16+02:00 20261120100316",
        "1700000000 1700000000000 1700000000000000 3.14159265358979 0.4111111111111111",
        "v1.2.3.4 and version 1.2.3.4, 1.2.3.4.5, 999.1.1.1, +1.2345678901",
        "task-2026-11-20-deploy-production risk-assessment-and-mitigation",
        "react@18.2.0 @alice mailto: ssh://git@localhost/x",
        "password:",
        "max_tokens=4096 token: authorization; forgot the password? secret = compute()",
        "https://example.com:8080/path?mail=x",
        "[EMAIL] [IP] password: [SECRET]",
    ]);
}

#[test]
fn offsets_count_characters() {
    let redacted = Redactor::standard()
        .redact("ä€😀 bob@example.com ü 10.0.0.1")
        .findings;
    let places: Vec<_> = redacted
        .iter()
        .map(|f| (f.entity, f.start, f.end))
        .collect();
    assert_eq!(
        places,
        [(Entity::Email, 4, 19), (Entity::IpAddress, 22, 30)]
    );
}

#[test]
fn values_glued_together_are_all_found() {
    check(&[
        ("555-123-4567123-45-6789", "[PHONE][SSN]"),
        ("123-45-6789bob@example.com", "[EMAIL]"),
        (
            "password: -----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----",
            "password: [PRIVATE_KEY]",
        ),
    ]);
}

#[test]
fn equal_values_get_equal_pseudonyms_under_one_key_only() {
    let hash = |key: &str, text: &str| {
        let redactor = Redactor::standard().with_strategy(Strategy::Hash {
            key: HashKey::new(key),
        });
        redactor.redact(text).text.into_owned()
    };
    assert_eq!(hash("k", "bob@example.com"), hash("k", "bob@example.com"));
    assert_ne!(
        hash("k", "bob@example.com"),
        hash("other", "bob@example.com")
    );
    assert_ne!(hash("k", "bob@example.com"), hash("k", "eve@example.com"));
    assert!(hash("k", "bob@example.com").starts_with("[EMAIL#"));
}

#[test]
fn dropping_never_builds_a_value_out_of_the_two_sides() {
    let redactor = Redactor::standard().with_strategy(Strategy::Drop);
    assert_eq!(
        redactor.redact("mail bob@example.com now").text,
        "mail  now"
    );
    assert_eq!(redactor.redact("123-45-[SSN]").text, "123-45-[SSN]");
    assert_eq!(
        redactor.redact("123-4123-45-67895-6789").text,
        "123-4[SSN]5-6789"
    );
    assert_eq!(
        redactor.redact("password: hunter2 then").text,
        "password: [SECRET] then"
    );
}
