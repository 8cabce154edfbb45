//! The one pass over text that all entry points share.
//!
//! The cursor goes from token to token. At each place where a value can begin, the detectors look at a bounded window; the
//! longest value wins, and the pass goes on behind it. Nothing else is ever looked at, so cutting the text changes nothing.

use crate::custom::Own;
use crate::detector::{Detectors, Hit, Label};
use crate::engine::tail::Tail;
use crate::engine::token::{OPENER, Token, class};
use crate::engine::window::Window;

pub(crate) mod fold;
pub(crate) mod tail;
pub(crate) mod token;
pub(crate) mod window;

/// Where the pass stands. Places count in the text as it was handed over; [`Cursor::shift`] moves them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cursor {
    at: usize,
    /// The token that `at` is in, if it is behind its beginning.
    token: Option<Token>,
    /// A field name was read; its value begins there.
    label: Option<Label>,
    /// A value has begun.
    open: Option<Tail>,
    /// People's own patterns have been looked for up to here.
    own: usize,
}

/// What a step of the pass came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// Nothing begins in front of this place; more text is needed, or it was the last.
    More(usize),
    /// A value begins.
    Begin(Hit),
    /// It ends here.
    End(usize),
}

impl Cursor {
    /// Where the value that has begun certainly reaches, or the pass stands.
    pub fn at(&self) -> usize {
        self.at.min(self.own)
    }

    /// The first `bytes` of the text were taken away.
    pub fn shift(&mut self, bytes: usize) {
        self.at -= bytes;
        self.own -= bytes;
        if let Some(token) = &mut self.token {
            token.start = token.start.saturating_sub(bytes);
            token.end -= bytes;
        }
        if let Some(label) = &mut self.label {
            label.start -= bytes;
        }
    }
}

/// All rules of one redactor.
#[derive(Debug, Clone)]
pub(crate) struct Engine {
    pub detectors: Detectors,
    pub own: Own,
}

impl Engine {
    /// Goes on to the next beginning or end of a value.
    pub fn step(&self, text: &str, cursor: &mut Cursor, last: bool) -> Step {
        if let Some(tail) = &mut cursor.open {
            let (at, closed) = tail.advance(text.as_bytes(), cursor.at, last);
            cursor.at = at;
            // One more byte is awaited even behind a closed value: what a value leaves behind depends on it.
            if closed {
                *tail = Tail::Closed;
            }
            if !closed || (at == text.len() && !last) {
                cursor.own = at;
                return Step::More(at);
            }
            cursor.open = None;
            cursor.own = at;
            return Step::End(at);
        }
        let found = self.next(text, cursor, last);
        if self.own.is_empty() {
            return match found {
                Ok(hit) => begin(cursor, hit),
                Err(safe) => {
                    cursor.own = cursor.at;
                    Step::More(safe)
                }
            };
        }
        self.with_own(text, cursor, last, found)
    }

    /// Lets people's own patterns begin first, or reach further.
    fn with_own(
        &self,
        text: &str,
        cursor: &mut Cursor,
        last: bool,
        found: Result<Hit, usize>,
    ) -> Step {
        let limit = match found {
            Ok(hit) => hit.start + 1,
            Err(safe) => safe,
        };
        let from = cursor.own;
        let own = match self.own.find(text, from, limit, last) {
            Ok(own) => own,
            Err(safe) => {
                cursor.own = safe;
                return Step::More(safe.min(limit));
            }
        };
        match (own, found) {
            (Some(own), Ok(hit)) if own.start == hit.start && hit.is_longer(&own) => {
                self.extended(text, cursor, last, hit)
            }
            (Some(own), _) => {
                // Which labels have been read by now depends on how much has arrived.
                cursor.label = None;
                begin(cursor, own)
            }
            (None, Ok(hit)) => self.extended(text, cursor, last, hit),
            (None, Err(safe)) => {
                cursor.own = safe;
                Step::More(safe)
            }
        }
    }

    /// `hit`, reaching to the end of whatever of people's own begins inside of it, so that no part of that survives.
    fn extended(&self, text: &str, cursor: &mut Cursor, last: bool, mut hit: Hit) -> Step {
        let mut from = hit.start;
        while from < hit.end {
            match self.own.find(text, from, hit.end, last) {
                Err(_) => {
                    cursor.own = hit.start;
                    return Step::More(hit.start);
                }
                Ok(None) => break,
                Ok(Some(own)) => {
                    if own.end > hit.end {
                        hit.end = own.end;
                        hit.tail = Tail::Closed;
                    }
                    from = own.start + 1;
                    while !text.is_char_boundary(from) {
                        from += 1;
                    }
                }
            }
        }
        begin(cursor, hit)
    }

    /// The next value by the built-in rules, or how far there is none.
    fn next(&self, text: &str, cursor: &mut Cursor, last: bool) -> Result<Hit, usize> {
        let bytes = text.as_bytes();
        while cursor.at < bytes.len() {
            let at = cursor.at;
            if let Some(token) = cursor.token {
                if let Some(hit) = self.look(text, at, token.end, last)? {
                    return Ok(hit);
                }
                self.next_part(text, cursor, token);
                continue;
            }
            if cursor.label.is_some_and(|label| label.start < at) {
                cursor.label = None;
            }
            let label = cursor.label.filter(|label| label.start == at);
            match class(bytes[at]) {
                0 if label.is_none() => cursor.at += 1,
                0 | OPENER => {
                    let window = Window::new(text, at, last);
                    let hit = self.detectors.at(&window, at, at + 1, label);
                    if window.is_undecided() {
                        return Err(at);
                    }
                    if let Some(hit) = hit {
                        return Ok(hit);
                    }
                    cursor.at += 1;
                }
                _ => {
                    if let Some(hit) = self.token(text, cursor, label, last)? {
                        return Ok(hit);
                    }
                }
            }
        }
        Err(cursor.at)
    }

    /// A token begins at the cursor, or a character beyond ASCII that is no letter.
    fn token(
        &self,
        text: &str,
        cursor: &mut Cursor,
        label: Option<Label>,
        last: bool,
    ) -> Result<Option<Hit>, usize> {
        let at = cursor.at;
        let bytes = text.as_bytes();
        if at > 0 && bytes[at - 1] == b'\\' && label.is_none() {
            // The letter of an escape such as `\n` in JSON is not the beginning of what follows.
            let skip = escape(&bytes[at..]);
            if skip > 0 && at + skip >= bytes.len() && !last {
                return Err(at);
            }
            // A name of one letter, as in `DOMAIN\n@example.com`.
            let is_name = bytes.get(at + skip) == Some(&b'@');
            if skip > 0 && !is_name {
                cursor.at = bytes.len().min(at + skip);
                return Ok(None);
            }
        }
        let token = Token::read(text, at);
        if token.end == bytes.len() && !token.is_cut() && !last {
            return Err(at);
        }
        if token.end == at && label.is_none() {
            cursor.at += text[at..].chars().next().map_or(1, char::len_utf8);
            return Ok(None);
        }
        if label.is_none() && self.detectors.is_plain(bytes, &token) {
            cursor.at = token.end;
            return Ok(None);
        }
        let window = Window::new(text, at, last);
        let hit = self.detectors.at_token(&window, &token, label);
        let next_label = if hit.is_none() {
            self.detectors.label(&window, &token)
        } else {
            None
        };
        if window.is_undecided() {
            return Err(at);
        }
        if hit.is_none() {
            cursor.label = next_label.or(cursor.label);
            self.next_part(text, cursor, token);
        }
        Ok(hit)
    }

    /// Moves on to the next part of the token, or out of it.
    fn next_part(&self, text: &str, cursor: &mut Cursor, token: Token) {
        let next = if self.detectors.has_parts(&token) {
            token.next_part(text, cursor.at)
        } else {
            None
        };
        cursor.token = next.map(|_| token);
        let past = cursor.at + text[cursor.at..].chars().next().map_or(1, char::len_utf8);
        cursor.at = next.unwrap_or(token.end.max(past));
    }

    fn look(&self, text: &str, at: usize, end: usize, last: bool) -> Result<Option<Hit>, usize> {
        let window = Window::new(text, at, last);
        let hit = self.detectors.at(&window, at, end, None);
        if window.is_undecided() {
            Err(at)
        } else {
            Ok(hit)
        }
    }
}

fn begin(cursor: &mut Cursor, hit: Hit) -> Step {
    cursor.at = hit.end;
    cursor.own = hit.end;
    cursor.token = None;
    cursor.label = cursor.label.filter(|label| label.start >= hit.end);
    cursor.open = Some(hit.tail);
    Step::Begin(hit)
}

/// How many bytes the escape sequence has whose backslash stands in front.
fn escape(bytes: &[u8]) -> usize {
    match bytes.first() {
        Some(b'n' | b'r' | b't') => 1,
        Some(b'u') if bytes[1..].iter().take(4).all(u8::is_ascii_hexdigit) => 5,
        _ => 0,
    }
}
