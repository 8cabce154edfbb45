//! The text of one workspace file, cut to what fits a prompt.

use std::sync::Arc;

/// Characters of a file that reach a prompt.
pub const MAX_CHARS: usize = 20_000;

/// A text file. Empty files are treated as absent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    text: Arc<str>,
    chars: usize,
}

impl Document {
    /// The document, if `text` has more than blanks.
    pub(crate) fn new(text: &str) -> Option<Self> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text).trim();
        if text.is_empty() {
            return None;
        }
        let chars = text.chars().count();
        let shown = match text.char_indices().nth(MAX_CHARS) {
            None => text.into(),
            Some((cut, _)) => format!(
                "{}\n\n[truncated: {MAX_CHARS} of {chars} characters]",
                &text[..cut]
            )
            .into(),
        };
        Some(Self { text: shown, chars })
    }

    /// The text, with a marker at the end if it was cut.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Characters of the whole file, without blanks around it.
    #[must_use]
    pub fn chars(&self) -> usize {
        self.chars
    }

    /// Whether the text was cut.
    #[must_use]
    pub fn is_truncated(&self) -> bool {
        self.chars > MAX_CHARS
    }
}

#[cfg(test)]
mod tests {
    use super::{Document, MAX_CHARS};

    #[test]
    fn long_text_is_cut_at_characters_and_says_so() {
        let document = Document::new(&"ü".repeat(MAX_CHARS + 1)).expect("there is text");
        assert!(document.is_truncated());
        assert!(
            document
                .text()
                .ends_with("[truncated: 20000 of 20001 characters]")
        );
        assert_eq!(
            document.text().chars().filter(|c| *c == 'ü').count(),
            MAX_CHARS
        );
        assert!(
            !Document::new(&"ü".repeat(MAX_CHARS))
                .expect("there is text")
                .is_truncated()
        );
    }

    #[test]
    fn a_file_of_blanks_is_no_document() {
        assert_eq!(Document::new("\u{feff} \r\n\t"), None);
    }
}
