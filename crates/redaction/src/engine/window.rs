//! What a detector may see: a bounded piece of text around one place, and whether it asked for more than has arrived.
//!
//! Every decision is a function of this window alone. That is what makes the result independent of how a stream is cut:
//! a decision that touched the end of what has arrived is put off until more arrives, or the window is full.

use std::cell::Cell;

use crate::engine::tail::Tail;
use crate::engine::token::is_unspaced;

/// Bytes a detector may see from its place on. The hold-back of a stream is this and an unfinished character.
pub(crate) const AHEAD: usize = 240;

/// Bytes a detector may see in front of its place.
pub(crate) const BEHIND: usize = 96;

/// The text around one place.
pub(crate) struct Window<'t> {
    text: &'t str,
    low: usize,
    high: usize,
    complete: bool,
    ends_text: bool,
    touched: Cell<bool>,
}

impl<'t> Window<'t> {
    /// The window at `at` of what has arrived; `last` says that nothing follows.
    pub fn new(text: &'t str, at: usize, last: bool) -> Self {
        let full = at + AHEAD <= text.len();
        let high = if full {
            whole_characters(text.as_bytes(), at, at + AHEAD)
        } else {
            text.len()
        };
        Self {
            text,
            low: at.saturating_sub(BEHIND),
            high,
            complete: last || full,
            ends_text: last && !full,
            touched: Cell::new(false),
        }
    }

    /// Whether the decision could be another one once more has arrived.
    pub fn is_undecided(&self) -> bool {
        self.touched.get()
    }

    /// The end of what may be seen.
    pub fn end(&self) -> usize {
        self.high
    }

    /// Says that what follows the end matters.
    pub fn touch(&self) {
        if !self.complete {
            self.touched.set(true);
        }
    }

    /// The byte at `at`, or 0 outside of the window.
    pub fn byte(&self, at: usize) -> u8 {
        if at >= self.high {
            self.touch();
            return 0;
        }
        if at < self.low {
            return 0;
        }
        self.text.as_bytes()[at]
    }

    /// The byte in front of `at`, or 0.
    pub fn before(&self, at: usize) -> u8 {
        at.checked_sub(1).map_or(0, |i| self.byte(i))
    }

    /// The character at `at`, which is the beginning of one.
    pub fn character(&self, at: usize) -> Option<char> {
        if at >= self.high {
            self.touch();
            return None;
        }
        self.text.get(at..self.high)?.chars().next()
    }

    /// The character in front of `at`.
    pub fn character_before(&self, at: usize) -> Option<char> {
        let low = self
            .text
            .floor_char_boundary(self.low.max(at.saturating_sub(4)));
        self.text.get(low..at)?.chars().next_back()
    }

    /// The part between two places, empty if they are not in the window.
    pub fn part(&self, from: usize, to: usize) -> &'t str {
        if to > self.high {
            self.touch();
        }
        self.text.get(from..to.min(self.high)).unwrap_or_default()
    }

    /// Everything in front of `at` that may be seen, at most `reach` bytes.
    pub fn behind(&self, at: usize, reach: usize) -> &'t str {
        let mut low = self.low.max(at.saturating_sub(reach));
        while !self.text.is_char_boundary(low) {
            low += 1;
        }
        self.text.get(low..at).unwrap_or_default()
    }

    /// Whether `word` begins at `at`, in whatever case.
    pub fn has(&self, at: usize, word: &str) -> bool {
        word.bytes()
            .enumerate()
            .all(|(i, b)| self.byte(at + i).eq_ignore_ascii_case(&b))
    }

    /// The end of the run of bytes from `at` that `fits`.
    pub fn run(&self, at: usize, fits: impl Fn(u8) -> bool) -> usize {
        let mut end = at;
        while fits(self.byte(end)) && end < self.high {
            end += 1;
        }
        end
    }

    /// Reads a value on from `at`: where it ends in the window, and how it goes on if the window is too small for it.
    pub fn follow(&self, mut tail: Tail, at: usize) -> (usize, Tail) {
        let seen = &self.text.as_bytes()[..self.high];
        if at > seen.len() {
            self.touch();
            return (seen.len(), Tail::Closed);
        }
        let is_last = self.complete && self.ends_text;
        let (end, closed) = tail.advance(seen, at, is_last);
        if closed {
            return (end, Tail::Closed);
        }
        self.touch();
        (end, tail)
    }

    /// The end of the run of letters and digits of any alphabet.
    pub fn word_end(&self, at: usize) -> usize {
        let mut end = self.run(at, |b| b.is_ascii_alphanumeric());
        if self.byte(end) < 0x80 {
            return end;
        }
        while let Some(c) = self.character(end) {
            if !(c.is_alphanumeric() || is_mark(c)) {
                break;
            }
            end += c.len_utf8();
        }
        end
    }

    /// Whether no letter or digit of any alphabet stands in front of `at`.
    pub fn word_starts(&self, at: usize) -> bool {
        match self.before(at) {
            // Most of the time it is a blank.
            b' ' => true,
            0x01..=0x7f if !self.before(at).is_ascii_alphanumeric() => true,
            _ => !self.character_before(at).is_some_and(is_letter) || self.follows_escape(at),
        }
    }

    /// Whether the letter in front is that of an escape such as `\n` in JSON.
    fn follows_escape(&self, at: usize) -> bool {
        at >= 2 && self.byte(at - 2) == b'\\' && b"nrt".contains(&self.byte(at - 1))
    }

    /// Whether no letter or digit of any alphabet stands at `at`.
    pub fn word_ends(&self, at: usize) -> bool {
        match self.byte(at) {
            byte @ 0x01..=0x7f => !byte.is_ascii_alphanumeric(),
            _ => !self.character(at).is_some_and(is_letter),
        }
    }
}

/// Letters and digits that would be one word with what is beside them.
fn is_letter(c: char) -> bool {
    c.is_alphanumeric() && !is_unspaced(c)
}

/// Combining marks, which belong to the letter before them.
pub(crate) fn is_mark(c: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&c)
}

/// `high`, or less if a character is cut there; `bytes[..high]` alone decides.
fn whole_characters(bytes: &[u8], low: usize, high: usize) -> usize {
    for back in 1..=4 {
        let Some(at) = high.checked_sub(back).filter(|at| *at >= low) else {
            return high;
        };
        let length = match bytes[at] {
            0x80..=0xbf => continue,
            0xc0..=0xdf => 2,
            0xe0..=0xef => 3,
            0xf0..=0xff => 4,
            _ => 1,
        };
        return if length > back { at } else { high };
    }
    high
}

#[cfg(test)]
mod tests {
    use super::{AHEAD, Window};

    #[test]
    fn asking_beyond_what_arrived_leaves_it_undecided_until_the_end() {
        let open = Window::new("abc", 0, false);
        assert_eq!(open.byte(2), b'c');
        assert!(!open.is_undecided());
        assert_eq!(open.byte(3), 0);
        assert!(open.is_undecided());
        let closed = Window::new("abc", 0, true);
        assert_eq!(closed.byte(3), 0);
        assert!(!closed.is_undecided());
    }

    #[test]
    fn a_full_window_ends_between_characters() {
        let text = format!("{}é and more", "x".repeat(AHEAD - 1));
        let window = Window::new(&text, 0, false);
        assert_eq!(window.end(), AHEAD - 1);
        assert_eq!(window.byte(AHEAD), 0);
        assert!(!window.is_undecided());
    }
}
