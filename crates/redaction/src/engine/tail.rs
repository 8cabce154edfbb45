//! How far a found value goes on when it may be longer than a window.

/// The rule by which the rest of a value is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tail {
    /// Nothing follows.
    Closed,
    /// Characters of keys: letters, digits, `-`, `_`.
    Key,
    /// Characters of encoded values: letters, digits and `-_./+~%=`.
    Encoded,
    /// base64url parts joined by dots.
    Jwt,
    /// Up to a blank or a quote.
    Word,
    /// Up to the matching quote or the end of the line; `escapes` backslashes stand in front.
    Quoted {
        quote: u8,
        depth: usize,
        escapes: usize,
    },
    /// Up to the end line of a PEM block, or to what cannot be in one.
    Pem,
    /// In the end line, behind `-----END`.
    PemEnd,
}

/// Backslashes in a row after which they are taken as part of the value.
const MOST_ESCAPES: usize = 32;
const PEM_END: &[u8] = b"-----END";
const PEM_RULE: &[u8] = b"-----";

impl Tail {
    /// Reads on from `at`. Returns how far the value certainly goes, and whether it ends there.
    pub fn advance(&mut self, bytes: &[u8], at: usize, last: bool) -> (usize, bool) {
        match *self {
            Self::Closed => (at, true),
            Self::Key => run(bytes, at, last, |b| {
                b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_')
            }),
            Self::Encoded => run(bytes, at, last, is_encoded),
            Self::Word => run(bytes, at, last, is_word),
            Self::Jwt => jwt(bytes, at, last),
            Self::Quoted {
                quote,
                depth,
                escapes,
            } => self.quoted(bytes, at, last, (quote, depth, escapes)),
            Self::Pem => self.pem(bytes, at, last),
            Self::PemEnd => pem_end(bytes, at, last),
        }
    }

    fn quoted(
        &mut self,
        bytes: &[u8],
        from: usize,
        last: bool,
        (quote, depth, mut escapes): (u8, usize, usize),
    ) -> (usize, bool) {
        // Backslashes wait in front of `at` until what follows says whose they are.
        let mut at = from + escapes;
        while at < bytes.len() {
            let byte = bytes[at];
            if byte == b'\n' {
                return (at, true);
            }
            let closes = if depth == 0 {
                escapes.is_multiple_of(2)
            } else {
                escapes <= depth
            };
            if byte == quote && closes {
                return (if depth == 0 { at } else { at - escapes }, true);
            }
            escapes = if byte == b'\\' && escapes < MOST_ESCAPES {
                escapes + 1
            } else {
                0
            };
            at += 1;
        }
        *self = Self::Quoted {
            quote,
            depth,
            escapes,
        };
        if last {
            (at, true)
        } else {
            (at - escapes, false)
        }
    }

    fn pem(&mut self, bytes: &[u8], from: usize, last: bool) -> (usize, bool) {
        let mut at = from;
        while at < bytes.len() {
            if bytes[at] == b'-' {
                let seen = &bytes[at..bytes.len().min(at + PEM_END.len())];
                if seen == PEM_END {
                    *self = Self::PemEnd;
                    return pem_end(bytes, at + PEM_END.len(), last);
                }
                if !last && PEM_END.starts_with(seen) {
                    return (at, false);
                }
            } else if !is_pem(bytes[at]) {
                return (at, true);
            }
            at += 1;
        }
        (at, last)
    }
}

fn run(bytes: &[u8], at: usize, last: bool, fits: impl Fn(u8) -> bool) -> (usize, bool) {
    let length = bytes[at..].iter().position(|b| !fits(*b));
    match length {
        Some(n) => (at + n, true),
        None => (bytes.len(), last),
    }
}

fn jwt(bytes: &[u8], from: usize, last: bool) -> (usize, bool) {
    let mut at = from;
    while at < bytes.len() {
        if !is_base64url(bytes[at]) {
            if bytes[at] != b'.' {
                return (at, true);
            }
            match bytes.get(at + 1) {
                Some(next) if is_base64url(*next) => {}
                None if !last => return (at, false),
                _ => return (at, true),
            }
        }
        at += 1;
    }
    (at, last)
}

fn pem_end(bytes: &[u8], from: usize, last: bool) -> (usize, bool) {
    for at in from..bytes.len() {
        if bytes[at] == b'\n' {
            return (at, true);
        }
        if bytes[at..].starts_with(PEM_RULE) {
            return (at + PEM_RULE.len(), true);
        }
    }
    if last {
        (bytes.len(), true)
    } else {
        (
            from.max(bytes.len().saturating_sub(PEM_RULE.len() - 1)),
            false,
        )
    }
}

pub(crate) fn is_base64url(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_')
}

/// Characters of tokens and encoded keys.
pub(crate) fn is_encoded(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b"-_./+~%=".contains(&b)
}

/// Neither blank nor quote nor bracket of markup.
pub(crate) fn is_word(b: u8) -> bool {
    !b.is_ascii_whitespace() && !b"\"'<>`".contains(&b) && b != 0
}

fn is_pem(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b.is_ascii_whitespace() || b"+/=:,-\\.()_".contains(&b)
}
