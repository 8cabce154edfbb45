//! Secrets of programs and people: private keys, tokens, access keys, URL credentials and password fields.

use std::ops::Range;

use crate::Entity;
use crate::detector::{Candidate, Rule, Verdict, byte_at, byte_before};
use crate::strategy::is_replacement;

/// Access keys that their prefix gives away. The lengths are the least that counts; the rest of the key is read afterwards,
/// so that a rejected place costs no more than these.
const KEY_PREFIXES: &str = concat!(
    r"(?:sk|pk|rk)[-_][A-Za-z0-9_-]{20}",
    r"|gh[pousr]_[A-Za-z0-9]{20}|github_pat_[A-Za-z0-9_]{20}|glpat-[A-Za-z0-9_-]{20}",
    r"|(?:AKIA|ASIA)[0-9A-Z]{16}|AIza[A-Za-z0-9_-]{35}|xox[abeprs]-[A-Za-z0-9-]{10}",
    r"|(?:npm|hf)_[A-Za-z0-9]{30}",
);

/// `api_key=…`, `"api-key": "…"`.
const KEY_FIELD: &str =
    r#"(?i:api[_-]?key)\\*["']?[ \t]*[:=][ \t]*\\*["']?([A-Za-z0-9_./+~%-]{8,}=*)"#;

/// `secret=…`, `"access_token": "…"`; a colon counts only behind a quoted name, since prose has colons too.
const TOKEN_FIELD: &str = r#"(?i:secret|token|(?:secret|access|private)[_-]?key)(?:\\*["'][ \t]*:|[ \t]*=)[ \t]*\\*["']?([A-Za-z0-9_./+~%-]{8,}=*)"#;

/// `Authorization: Bearer …` and a bearer token on its own.
const AUTHORIZATION: &str = concat!(
    r#"(?i:authorization\\*["']?[ \t]*[:=][ \t]*\\*["']?(?:(?:basic|bearer|token)[ \t]+)?|bearer[ \t]+)"#,
    r"([A-Za-z0-9_./+~-]{8,}=*)",
);

/// The name and joint of a password field; the value is read by hand, because quotes decide where it ends.
const PASSWORD_FIELD: &str =
    r#"(?i:password|passwd|passphrase|passcode|pwd)\\*["']?[ \t]*(?::=|=>|[:=])[ \t]*"#;

pub(crate) fn rules() -> [Rule; 8] {
    let rule = |entity, pattern, decide| Rule {
        entity,
        pattern,
        labelled: false,
        decide,
    };
    let field = |entity, pattern, decide| Rule {
        entity,
        pattern,
        labelled: true,
        decide,
    };
    [
        rule(
            Entity::PrivateKey,
            "-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----",
            decide_pem,
        ),
        field(
            Entity::UrlCredentials,
            "[A-Za-z][A-Za-z0-9+.-]{0,30}://",
            decide_url,
        ),
        rule(
            Entity::Jwt,
            r"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+",
            |candidate| Verdict::Found(candidate.value.clone()),
        ),
        rule(Entity::ApiKey, KEY_PREFIXES, decide_prefixed_key),
        field(Entity::ApiKey, KEY_FIELD, decide_token),
        field(Entity::Secret, TOKEN_FIELD, decide_token),
        field(Entity::Secret, AUTHORIZATION, decide_token),
        field(Entity::Secret, PASSWORD_FIELD, decide_password),
    ]
}

/// The whole block; a block that was cut off reaches to the end of the text.
fn decide_pem(candidate: &Candidate<'_>) -> Verdict {
    let (text, from) = (candidate.text, candidate.whole.end);
    let closing = text[from..]
        .find("-----END")
        .map(|i| from + i + "-----END".len());
    let end = closing.and_then(|at| text[at..].find("-----").map(|i| at + i + "-----".len()));
    Verdict::Found(candidate.whole.start..end.unwrap_or(text.len()))
}

/// The part between `://` and the last at sign of the authority, if it has a password.
fn decide_url(candidate: &Candidate<'_>) -> Verdict {
    let (text, from) = (candidate.text, candidate.whole.end);
    let ends_authority = |c: char| c.is_whitespace() || "/?#\"'<>\\`".contains(c);
    let length = text[from..].find(ends_authority);
    let authority = &text[from..length.map_or(text.len(), |n| from + n)];
    let next = Verdict::Resume(from);
    let Some(userinfo) = authority.rfind('@').map(|i| &authority[..i]) else {
        return next;
    };
    if userinfo.contains(':') {
        Verdict::Found(from..from + userinfo.len())
    } else {
        next
    }
}

/// A prefix inside a word is a coincidence (`task-…`), unless what follows is plainly random.
fn decide_prefixed_key(candidate: &Candidate<'_>) -> Verdict {
    let (text, range) = (candidate.text, candidate.whole.clone());
    let glued = byte_before(text, range.start).is_ascii_alphanumeric();
    if glued && !looks_random(candidate.value()) {
        return candidate.no();
    }
    let rest = text.as_bytes()[range.end..].iter();
    let tail = rest
        .take_while(|b| b.is_ascii_alphanumeric() || matches!(**b, b'-' | b'_'))
        .count();
    Verdict::Found(range.start..range.end + tail)
}

fn looks_random(text: &str) -> bool {
    text.split(|c: char| !c.is_ascii_alphanumeric()).any(|run| {
        run.len() >= 16
            && run.bytes().any(|b| b.is_ascii_digit())
            && run.bytes().any(|b| b.is_ascii_uppercase())
            && run.bytes().any(|b| b.is_ascii_lowercase())
    })
}

/// A value without a digit is a word of prose or code, unless it is too long to be one or quoted as a string.
fn decide_token(candidate: &Candidate<'_>) -> Verdict {
    let value = candidate.value();
    let quoted = matches!(
        byte_before(candidate.text, candidate.value.start),
        b'"' | b'\''
    );
    if quoted || value.len() >= 20 || value.bytes().any(|b| b.is_ascii_digit()) {
        Verdict::Found(candidate.value.clone())
    } else {
        Verdict::Resume(candidate.whole.end)
    }
}

fn decide_password(candidate: &Candidate<'_>) -> Verdict {
    let value = field_value(candidate.text, candidate.whole.end);
    if value.is_empty() || is_replacement(&candidate.text[value.clone()]) {
        Verdict::Resume(candidate.whole.end)
    } else {
        Verdict::Found(value)
    }
}

/// The value that begins at `from`: up to the matching quote (also in JSON inside JSON), else up to a blank or a double quote.
fn field_value(text: &str, from: usize) -> Range<usize> {
    let bytes = text.as_bytes();
    let depth = bytes[from..].iter().take_while(|b| **b == b'\\').count();
    let quote = byte_at(text, from + depth);
    if quote == b'"' || quote == b'\'' {
        let start = from + depth + 1;
        return start..quoted_end(bytes, start, quote, depth);
    }
    let length = text[from..].find(|c: char| c.is_whitespace() || c == '"');
    let end = length.map_or(text.len(), |n| from + n);
    let closes_escaped = byte_at(text, end) == b'"';
    let value = &text[from..end];
    from..from
        + if closes_escaped {
            value.trim_end_matches('\\')
        } else {
            value
        }
        .len()
}

/// Where a quoted value ends: at a quote that is escaped no deeper than the opening one, or at the end of the line.
fn quoted_end(bytes: &[u8], start: usize, quote: u8, depth: usize) -> usize {
    let mut escapes = 0;
    for (at, byte) in bytes.iter().enumerate().skip(start) {
        if *byte == b'\n' {
            return at;
        }
        let closes = if depth == 0 {
            escapes % 2 == 0
        } else {
            escapes <= depth
        };
        if *byte == quote && closes {
            return if depth == 0 { at } else { at - escapes };
        }
        escapes = if *byte == b'\\' { escapes + 1 } else { 0 };
    }
    bytes.len()
}
