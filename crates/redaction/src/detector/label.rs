//! Fields whose names say that their values are secret: `password: …`, `"api_key": "…"`, `Authorization: Bearer …`.

use crate::Entity;
use crate::detector::Hit;
use crate::engine::tail::{Tail, is_encoded};
use crate::engine::token::Token;
use crate::engine::window::Window;
use crate::strategy::is_replacement;

/// A field's name was read; here is where its value begins.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Label {
    pub start: usize,
    value: Value,
}

#[derive(Debug, Clone, Copy)]
enum Value {
    /// So many bytes, up to the at sign of a URL.
    Userinfo(usize),
    /// Between quotes.
    Quoted { kind: Kind, quote: u8, depth: usize },
    /// Up to a blank.
    Bare { kind: Kind },
}

/// What a name asks of its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Anything is a password.
    Password,
    /// A password if it looks like one: the name is also a word of prose (`the password is …`).
    Spoken,
    /// Eight characters of an encoded value.
    Key,
    /// The same.
    Token,
}

/// Endings of names, in small letters without joints, longest first where one ends with another.
const NAMES: &[(&str, Kind)] = &[
    ("password", Kind::Password),
    ("passwd", Kind::Password),
    ("passphrase", Kind::Password),
    ("passcode", Kind::Password),
    ("pwd", Kind::Password),
    ("passwort", Kind::Password),
    ("contraseña", Kind::Password),
    ("kennwort", Kind::Password),
    ("apikey", Kind::Key),
    ("secret", Kind::Token),
    ("token", Kind::Token),
    ("secretkey", Kind::Token),
    ("accesskey", Kind::Token),
    ("accountkey", Kind::Token),
    ("privatekey", Kind::Token),
    ("signingkey", Kind::Token),
    ("encryptionkey", Kind::Token),
    ("masterkey", Kind::Token),
    ("authkey", Kind::Token),
    ("sharedkey", Kind::Token),
    ("subscriptionkey", Kind::Token),
    ("authorization", Kind::Token),
    ("credential", Kind::Token),
    ("credentials", Kind::Token),
    ("bearer", Kind::Token),
    ("basic", Kind::Token),
];

/// Values that stand for none.
const NONE: &[&str] = &[
    "null",
    "none",
    "nil",
    "true",
    "false",
    "undefined",
    "string",
    "required",
    "optional",
    "text",
    "hidden",
    "field",
    "empty",
];

/// Least characters of encoded values.
const LEAST: usize = 8;

/// Whether a word can be a name or part of one, by its end alone.
pub(crate) fn is_spoken(word: &[u8]) -> bool {
    const ENDS: &[&[u8]] = &[
        b"ord", b"wd", b"ase", b"ode", b"ort", b"key", b"ken", b"ret", b"rer", b"sic", b"ial",
        b"als", b"ion",
    ];
    let Some(last) = word.last() else {
        return false;
    };
    // Most words fail at their last letter.
    b"ddetynrcls".contains(last) && ENDS.iter().any(|end| word.ends_with(end))
}

fn kind_of(name: &str) -> Option<(Kind, &'static str)> {
    let mut bare = [0_u8; 24];
    let mut from = bare.len();
    // The end of the name is enough; joints do not count.
    for byte in name
        .bytes()
        .rev()
        .filter(|b| b.is_ascii_alphanumeric() || *b >= 0x80)
    {
        if from == 0 {
            break;
        }
        from -= 1;
        bare[from] = byte.to_ascii_lowercase();
    }
    let bare = &bare[from..];
    NAMES
        .iter()
        .filter(|(ending, _)| bare.ends_with(ending.as_bytes()))
        .max_by_key(|(ending, _)| ending.len())
        .map(|(ending, kind)| (*kind, *ending))
}

/// The label that the token is, if a value follows.
pub(crate) fn read(window: &Window<'_>, token: &Token) -> Option<Label> {
    if !matches!(
        window.byte(token.end),
        b':' | b'=' | b'"' | b'\'' | b' ' | b'\\' | b'\t'
    ) {
        return None;
    }
    let name = window.part(token.start, token.end);
    let (mut kind, ending) = kind_of(name)?;
    if matches!(ending, "bearer" | "basic") {
        let blank = window.byte(token.end) == b' ';
        return (name.len() == ending.len() && blank).then(|| Label {
            start: token.end + 1,
            value: Value::Bare { kind: Kind::Token },
        });
    }
    let mut at = window.run(token.end, |b| b == b'\\');
    let quoted = matches!(window.byte(at), b'"' | b'\'');
    at += usize::from(quoted);
    at = blanks(window, at);
    at = match window.byte(at) {
        b':' => at + 1 + usize::from(window.byte(at + 1) == b'='),
        b'=' => at + 1 + usize::from(matches!(window.byte(at + 1), b'>' | b'=')),
        _ => {
            if quoted
                || !["is ", "ist ", "es ", "est "]
                    .iter()
                    .any(|word| window.has(at, word))
                || at == token.end
            {
                return None;
            }
            kind = Kind::Spoken;
            window.run(at, |b| b.is_ascii_alphabetic())
        }
    };
    at = blanks(window, at);
    if ending == "authorization" {
        at = ["basic ", "bearer ", "token ", "apikey "]
            .iter()
            .find(|scheme| window.has(at, scheme))
            .map_or(at, |scheme| at + scheme.len());
    }
    let depth = window.run(at, |b| b == b'\\') - at;
    let quote = window.byte(at + depth);
    let value = if matches!(quote, b'"' | b'\'') {
        let value = Value::Quoted { kind, quote, depth };
        at += depth + 1;
        if ending == "authorization"
            && let Some(scheme) = ["basic ", "bearer ", "token "]
                .iter()
                .find(|s| window.has(at, s))
        {
            at += scheme.len();
        }
        value
    } else {
        Value::Bare { kind }
    };
    Some(Label { start: at, value })
}

fn blanks(window: &Window<'_>, at: usize) -> usize {
    window.run(at, |b| matches!(b, b' ' | b'\t'))
}

impl Label {
    pub fn userinfo(start: usize, length: usize) -> Self {
        Self {
            start,
            value: Value::Userinfo(length),
        }
    }

    pub fn entity(&self) -> Entity {
        match self.value {
            Value::Userinfo(_) => Entity::UrlCredentials,
            Value::Quoted {
                kind: Kind::Key, ..
            }
            | Value::Bare { kind: Kind::Key } => Entity::ApiKey,
            _ => Entity::Secret,
        }
    }

    /// The value, if it is one.
    pub fn value(&self, window: &Window<'_>) -> Option<Hit> {
        let (end, tail) = match self.value {
            Value::Userinfo(length) => (self.start + length, Tail::Closed),
            Value::Quoted { kind, quote, depth } => self.quoted(window, kind, quote, depth)?,
            Value::Bare { kind } => self.bare(window, kind)?,
        };
        Some(Hit {
            tail,
            labelled: true,
            ..Hit::new(self.entity(), self.start, end)
        })
    }

    fn quoted(
        &self,
        window: &Window<'_>,
        kind: Kind,
        quote: u8,
        depth: usize,
    ) -> Option<(usize, Tail)> {
        let tail = Tail::Quoted {
            quote,
            depth,
            escapes: 0,
        };
        let (end, tail) = window.follow(tail, self.start);
        let value = window.part(self.start, end);
        let least = if matches!(kind, Kind::Password | Kind::Spoken) {
            1
        } else {
            LEAST
        };
        let secret = value.len() >= least
            && !is_none(value)
            && (least == 1 || value.bytes().all(is_encoded));
        secret.then_some((end, tail))
    }

    fn bare(&self, window: &Window<'_>, kind: Kind) -> Option<(usize, Tail)> {
        if matches!(kind, Kind::Password | Kind::Spoken) {
            let (end, tail) = window.follow(Tail::Word, self.start);
            let end = if tail == Tail::Closed {
                self.trimmed(window, end)
            } else {
                end
            };
            let value = window.part(self.start, end);
            let fits = !value.is_empty()
                && !is_none(value)
                && (kind == Kind::Password || looks_secret(value, 6));
            return fits.then_some((end, tail));
        }
        let (end, tail) = window.follow(Tail::Encoded, self.start);
        let mut end = end;
        if tail == Tail::Closed {
            while end > self.start && matches!(window.byte(end - 1), b'.') {
                end -= 1;
            }
        }
        let value = window.part(self.start, end);
        let fits = value.len() >= LEAST
            && !is_none(value)
            && window.byte(end) != b'('
            && (looks_secret(value, LEAST) || value.len() >= 24 && !value.contains(['/', '.']));
        fits.then_some((end, tail))
    }

    /// Without what belongs to the sentence or to the list of pairs that the value stands in.
    fn trimmed(&self, window: &Window<'_>, end: usize) -> usize {
        let value = window.part(self.start, end);
        let pair = value.char_indices().find(|(i, c)| {
            let rest = &value[i + c.len_utf8()..];
            let name = rest
                .bytes()
                .take_while(|b| b.is_ascii_alphanumeric() || *b == b'_')
                .count();
            matches!(c, '&' | ';' | ',') && name > 0 && rest[name..].starts_with('=')
        });
        let mut end = pair.map_or(end, |(i, _)| self.start + i);
        while end > self.start + 1 && b".,:;?)}]\\".contains(&window.byte(end - 1)) {
            // A mask ends in a bracket.
            if is_replacement(window.part(self.start, end)) {
                break;
            }
            end -= 1;
        }
        end
    }
}

/// Whether a value stands for none, or an earlier redaction wrote it.
fn is_none(value: &str) -> bool {
    let stars = value
        .bytes()
        .all(|b| matches!(b, b'*' | b'.' | b'x' | b'X' | b'-' | b'_'));
    let variable = value.starts_with("${")
        || value.starts_with("{{")
        || value.starts_with("$(")
        || (value.starts_with('<') && value.ends_with('>'));
    stars
        || variable
        || is_replacement(value)
        || NONE.iter().any(|none| value.eq_ignore_ascii_case(none))
}

/// Digits and letters, or signs within: no word of prose or code.
fn looks_secret(value: &str, least: usize) -> bool {
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    let letters = value.bytes().filter(u8::is_ascii_alphabetic).count();
    let signs = value
        .bytes()
        .filter(|b| b"!@#$%^&*+=~?".contains(b))
        .count();
    let mixed = value.len() >= 10
        && digits == 0
        && value.bytes().skip(1).filter(u8::is_ascii_uppercase).count() >= 2
        && value.bytes().any(|b| b.is_ascii_lowercase());
    mixed
        || value.len() >= least
            && (digits > 0 && (letters > 0 || digits >= least)
                || signs > 0 && letters > 0 && value.len() > signs + 3)
}
