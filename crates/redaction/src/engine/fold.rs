//! A plain view of text for the detectors: other digits, widths and hyphens become ASCII, invisible characters vanish.
//!
//! Only the view is changed, never what is passed on; places are translated back.

/// A character that the view shows otherwise.
#[derive(Debug, Clone, Copy)]
struct Change {
    folded: usize,
    folded_length: usize,
    raw: usize,
    raw_length: usize,
}

/// Text with its plain view.
#[derive(Debug, Clone, Default)]
pub(crate) struct Folded {
    raw: String,
    plain: String,
    changes: Vec<Change>,
}

impl Folded {
    /// Appends `text`.
    pub fn push(&mut self, text: &str) {
        if !is_foldable(text) {
            self.raw.push_str(text);
            self.plain.push_str(text);
            return;
        }
        for c in text.chars() {
            let (folded, raw) = (self.plain.len(), self.raw.len());
            self.raw.push(c);
            match fold(c) {
                Fold::Keep => {
                    self.plain.push(c);
                    continue;
                }
                Fold::Show(other) => self.plain.push(other),
                Fold::Hide => {}
            }
            self.changes.push(Change {
                folded,
                folded_length: self.plain.len() - folded,
                raw,
                raw_length: c.len_utf8(),
            });
        }
    }

    /// The plain view.
    pub fn plain(&self) -> &str {
        &self.plain
    }

    /// Bytes of the text that are kept.
    pub fn raw_len(&self) -> usize {
        self.raw.len()
    }

    /// The text between two of its places.
    pub fn raw(&self, from: usize, to: usize) -> &str {
        self.raw.get(from..to).unwrap_or_default()
    }

    /// Where the character at `at` of the view begins in the text.
    pub fn raw_start(&self, at: usize) -> usize {
        let known = self.changes.partition_point(|c| c.folded <= at);
        match known.checked_sub(1).map(|i| self.changes[i]) {
            None => at,
            Some(c) if at < c.folded + c.folded_length => c.raw,
            Some(c) => c.raw + c.raw_length + (at - c.folded - c.folded_length),
        }
    }

    /// Where the character in front of `at` of the view ends in the text.
    pub fn raw_end(&self, at: usize) -> usize {
        let Some(last) = at.checked_sub(1) else {
            return 0;
        };
        let known = self.changes.partition_point(|c| c.folded <= last);
        match known.checked_sub(1).map(|i| self.changes[i]) {
            None => at,
            Some(c) if last < c.folded + c.folded_length => c.raw + c.raw_length,
            Some(c) => c.raw + c.raw_length + (at - c.folded - c.folded_length),
        }
    }

    /// Forgets everything in front of `at` of the view; returns how many bytes of the text that was.
    pub fn forget(&mut self, at: usize) -> usize {
        let raw = self.raw_start(at);
        self.raw.drain(..raw);
        self.plain.drain(..at);
        self.changes.retain_mut(|c| {
            if c.raw < raw {
                return false;
            }
            c.raw -= raw;
            c.folded -= at;
            true
        });
        raw
    }
}

enum Fold {
    Keep,
    Show(char),
    Hide,
}

/// Whether the view of `text` is another text.
pub(crate) fn is_foldable(text: &str) -> bool {
    !text.is_ascii()
        && text
            .chars()
            .any(|c| c as u32 >= 0xa0 && !matches!(fold(c), Fold::Keep))
}

fn fold(c: char) -> Fold {
    match c {
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' => Fold::Hide,
        '\u{a0}' | '\u{2002}'..='\u{200a}' | '\u{202f}' | '\u{3000}' => Fold::Show(' '),
        '\u{2010}'..='\u{2012}' | '\u{2212}' => Fold::Show('-'),
        '\u{ff01}'..='\u{ff5e}' => shown(c as u32 - 0xff01 + 0x21),
        // Digits of Arabic, Persian and the scripts of India; their blocks all begin with zero.
        '\u{660}'..='\u{669}' => shown(c as u32 - 0x660 + 0x30),
        '\u{6f0}'..='\u{6f9}' => shown(c as u32 - 0x6f0 + 0x30),
        '\u{966}'..='\u{96f}' => shown(c as u32 - 0x966 + 0x30),
        '\u{9e6}'..='\u{9ef}' => shown(c as u32 - 0x9e6 + 0x30),
        '\u{e50}'..='\u{e59}' => shown(c as u32 - 0xe50 + 0x30),
        '\u{1d7ce}'..='\u{1d7ff}' => shown((c as u32 - 0x1d7ce) % 10 + 0x30),
        _ => Fold::Keep,
    }
}

fn shown(code: u32) -> Fold {
    char::from_u32(code).map_or(Fold::Keep, Fold::Show)
}

#[cfg(test)]
mod tests {
    use super::{Folded, is_foldable};

    #[test]
    fn places_are_translated_back() {
        let mut folded = Folded::default();
        folded.push("x\u{200b}\u{ff11}\u{200b}2\u{ad} é\u{a0}y");
        assert_eq!(folded.plain(), "x12 é y");
        let (start, end) = (folded.raw_start(1), folded.raw_end(3));
        assert_eq!(folded.raw(start, end), "\u{ff11}\u{200b}2");
        let (start, end) = (folded.raw_start(7), folded.raw_end(8));
        assert_eq!(folded.raw(start, end), "y");
        folded.forget(2);
        assert_eq!(folded.plain(), "2 é y");
        assert_eq!(folded.raw(folded.raw_start(0), folded.raw_end(1)), "2");
    }

    #[test]
    fn ordinary_letters_and_quotes_need_no_view() {
        assert!(!is_foldable("Zoë said “no” – in 東京 and Казань"));
        assert!(is_foldable("non\u{a0}breaking"));
    }
}
