//! Classes of bytes, and the runs of letters, digits and joints that detectors begin at.

/// A small letter.
pub(crate) const LOWER: u8 = 1;
/// A capital letter.
pub(crate) const UPPER: u8 = 2;
/// A digit.
pub(crate) const DIGIT: u8 = 4;
/// One of `.`, `_`, `%`, `+`, `-`: they join the parts of a token.
pub(crate) const JOINT: u8 = 8;
/// A byte beyond ASCII; whether it belongs to a letter is seen when it is decoded.
pub(crate) const HIGH: u8 = 16;
/// Something may begin at this byte although it is in no token.
pub(crate) const OPENER: u8 = 32;

/// Bytes after which a token is ended although it goes on.
pub(crate) const LONGEST: usize = 128;

const CLASSES: [u8; 256] = classes();

const fn classes() -> [u8; 256] {
    let mut table = [0; 256];
    let mut i = 0;
    while i < 256 {
        #[expect(clippy::cast_possible_truncation, reason = "the table has 256 places")]
        let byte = i as u8;
        table[i] = match byte {
            b'a'..=b'z' => LOWER,
            b'A'..=b'Z' => UPPER,
            b'0'..=b'9' => DIGIT,
            b'.' | b'_' | b'%' | b'+' | b'-' => JOINT,
            b'(' | b':' => OPENER,
            0x80..=0xff => HIGH,
            _ => 0,
        };
        i += 1;
    }
    table
}

/// The class of a byte.
pub(crate) fn class(byte: u8) -> u8 {
    CLASSES[usize::from(byte)]
}

/// Whether a letter is of a script that puts no blanks between words: what stands beside it is another word.
pub(crate) fn is_unspaced(c: char) -> bool {
    c as u32 >= 0x2e80
}

/// A run of letters, digits and joints.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Token {
    pub start: usize,
    pub end: usize,
    /// The classes of its bytes.
    pub classes: u8,
}

impl Token {
    /// The token that begins at `start`, empty if none does.
    pub fn read(text: &str, start: usize) -> Self {
        let bytes = text.as_bytes();
        let most = bytes.len().min(start + LONGEST);
        let (mut end, mut classes) = (start, 0);
        let mut unspaced = false;
        while end < most {
            let class = class(bytes[end]);
            if class & (LOWER | UPPER | DIGIT | JOINT) != 0 {
                if unspaced && class != JOINT {
                    break;
                }
                end += 1;
            } else if class == HIGH {
                let letter = text[end..].chars().next().filter(|c| c.is_alphanumeric());
                let Some(c) = letter.filter(|c| end == start || is_unspaced(*c) == unspaced) else {
                    break;
                };
                unspaced = is_unspaced(c);
                end += c.len_utf8();
            } else {
                break;
            }
            classes |= class;
        }
        Self {
            start,
            end,
            classes,
        }
    }

    /// Whether it was ended only because of its length.
    pub fn is_cut(&self) -> bool {
        self.end - self.start >= LONGEST
    }

    /// The next place in the token where a part begins, behind `at`.
    pub fn next_part(&self, text: &str, at: usize) -> Option<usize> {
        let bytes = text.as_bytes();
        (at + 1..self.end).find(|i| {
            class(bytes[i - 1]) == JOINT && (class(bytes[*i]) != JOINT || bytes[*i] == b'+')
        })
    }
}
