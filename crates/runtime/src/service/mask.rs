//! Takes personal data and secrets out of everything that a run stores, and counts them.

use std::borrow::Cow;
use std::collections::BTreeMap;

use clasper_redaction::{Counts, Redactor};
use serde_json::Value;

/// Most bytes of a tool's result that a model is given and a trace keeps.
pub(crate) const MAX_RESULT_BYTES: usize = 32 * 1024;
/// Looked at beyond what is kept, so that a secret at the edge is recognised whole.
const EDGE_BYTES: usize = 2 * 1024;

/// The redactor of one run.
#[derive(Debug)]
pub(crate) struct Mask {
    redactor: Redactor,
    counts: Counts,
}

impl Mask {
    pub(crate) fn new(redactor: Redactor) -> Self {
        Self {
            redactor,
            counts: Counts::default(),
        }
    }

    /// `text` as it may be stored.
    pub(crate) fn text(&mut self, text: &str) -> String {
        let redacted = self.redactor.redact(text);
        self.counts.add_findings(&redacted.findings);
        // PostgreSQL text cannot hold NUL.
        match redacted.text {
            text if text.contains('\0') => text.replace('\0', "\u{fffd}"),
            text => text.into_owned(),
        }
    }

    /// `text` as it may be stored, at most [`MAX_RESULT_BYTES`] of it.
    pub(crate) fn long_text(&mut self, text: &str) -> String {
        let masked = self.text(cut(text, MAX_RESULT_BYTES + EDGE_BYTES).0);
        shortened(&masked, MAX_RESULT_BYTES).into_owned()
    }

    /// `value` as it may be stored; as shortened text when it is large.
    pub(crate) fn json(&mut self, value: &Value) -> Value {
        let text = value.to_string();
        if text.len() > MAX_RESULT_BYTES {
            return Value::String(self.long_text(&text));
        }
        let (mut value, counts) = self.redactor.redact_json(value.clone());
        self.counts.merge(&counts);
        if text.contains("\\u0000") {
            value = without_nul(value);
        }
        value
    }

    /// How often each kind was found.
    pub(crate) fn counts(&self) -> BTreeMap<String, u32> {
        self.counts
            .iter()
            .map(|(entity, n)| {
                (
                    entity.name().to_owned(),
                    u32::try_from(n).unwrap_or(u32::MAX),
                )
            })
            .collect()
    }
}

fn without_nul(value: Value) -> Value {
    let clean = |text: String| text.replace('\0', "\u{fffd}");
    match value {
        Value::String(text) => Value::String(clean(text)),
        Value::Array(items) => items.into_iter().map(without_nul).collect(),
        Value::Object(members) => members
            .into_iter()
            .map(|(name, value)| (clean(name), without_nul(value)))
            .collect(),
        other => other,
    }
}

/// `text` up to `max` bytes, with a note when something was left out.
pub(crate) fn shortened(text: &str, max: usize) -> Cow<'_, str> {
    match cut(text, max) {
        (whole, false) => Cow::Borrowed(whole),
        (start, true) => Cow::Owned(format!(
            "{start}\n[shortened: {} of {} bytes]",
            start.len(),
            text.len()
        )),
    }
}

/// The start of `text` of at most `max` bytes, ending with a whole character; whether there was more.
fn cut(text: &str, max: usize) -> (&str, bool) {
    if text.len() <= max {
        return (text, false);
    }
    (&text[..text.floor_char_boundary(max)], true)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn texts_are_cut_between_characters() {
        assert_eq!(cut("aé", 2), ("a", true));
        assert_eq!(shortened("abc", 3), "abc");
        assert_eq!(shortened("abcd", 3), "abc\n[shortened: 3 of 4 bytes]");
    }

    #[test]
    fn a_secret_at_the_edge_of_a_long_text_is_masked() {
        let mut mask = Mask::new(Redactor::standard());
        let text = format!(
            "{} bob@example.com {}",
            "x".repeat(MAX_RESULT_BYTES - 8),
            "y".repeat(9_000)
        );
        let kept = mask.long_text(&text);
        assert!(!kept.contains("bob@"));
        assert_eq!(mask.counts().get("EMAIL"), Some(&1));
    }

    #[test]
    fn nothing_stored_holds_nul() {
        let mut mask = Mask::new(Redactor::standard());
        assert_eq!(mask.text("a\0b"), "a\u{fffd}b");
        assert_eq!(
            mask.json(&json!({"a\0": ["b\0"]})),
            json!({"a\u{fffd}": ["b\u{fffd}"]})
        );
    }
}
