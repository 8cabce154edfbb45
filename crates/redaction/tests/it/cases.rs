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
            "ftp://app:s3cr3t@db.example.com:5432/x",
            "ftp://[URL_CREDENTIALS]@db.example.com:5432/x",
        ),
        (
            "url postgres://app:s3cr3t@db.example.com:5432/x.",
            "url [CONNECTION_STRING].",
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
        (
            "123-45-6789,4111111111111111,555-123-4567",
            "[SSN],[CREDIT_CARD],[PHONE]",
        ),
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
    assert_eq!(redactor.redact("a/123-45-6789/b").text, "a/[SSN]/b");
    assert_eq!(redactor.redact("(123-45-6789)").text, "()");
    assert_eq!(
        redactor.redact("password: hunter2 then").text,
        "password: [SECRET] then"
    );
}

#[test]
fn other_digits_widths_and_spellings_are_seen_through() {
    check(&[
        ("bob\u{200b}@exam\u{ad}ple.com!", "[EMAIL]!"),
        ("４１１１ １１１１ １１１１ １１１１", "[CREDIT_CARD]"),
        ("ssn ١٢٣-٤٥-٦٧٨٩", "ssn [SSN]"),
        ("4111\u{a0}1111\u{a0}1111\u{a0}1111", "[CREDIT_CARD]"),
        ("4111.1111.1111.1111 here", "[CREDIT_CARD] here"),
        ("user [at] example [dot] com now", "[EMAIL] now"),
        ("user(at)example.com now", "[EMAIL] now"),
        ("bob＠example．com", "[EMAIL]"),
        (
            "我的卡号是4111111111111111请保密",
            "我的卡号是[CREDIT_CARD]请保密",
        ),
        ("邮箱bob@example.com。", "邮箱[EMAIL]。"),
    ]);
}

#[test]
fn escapes_of_json_text_are_no_part_of_values() {
    check(&[
        (r#""a\nbob@example.com\tb""#, r#""a\n[EMAIL]\tb""#),
        (r#""\u00e4bob@example.com""#, r#""\u00e4[EMAIL]""#),
        (r#""line\n4111111111111111""#, r#""line\n[CREDIT_CARD]""#),
    ]);
}

#[test]
fn truncated_and_nested_values_show_nothing_secret() {
    check(&[
        (r#"{"password": "hunter2"#, r#"{"password": "[SECRET]"#),
        (
            r#"password="Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln""#,
            r#"password="[SECRET]""#,
        ),
        (
            "token=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
            "token=[JWT]",
        ),
        ("api_key=AKIAIOSFODNN7EXAMPLE;", "api_key=[API_KEY];"),
        ("<bob@example.com>,<eve@example.com>", "<[EMAIL]>,<[EMAIL]>"),
        ("10.0.0.1:10.0.0.2", "[IP]:[IP]"),
        ("+49 30 901820/+49 30 901821", "[PHONE]/[PHONE]"),
    ]);
}
