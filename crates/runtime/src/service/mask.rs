//! The redaction of one run: what is stored of it, what the model is given, what the caller is told; and what was found.

use std::borrow::Cow;
use std::collections::BTreeMap;

use clasper_privacy::{Conversation, Privacy, RedactionFailed, Told};
use serde_json::Value;

use crate::model::{ChatMessage, ToolCallRequest, ToolSpec};

/// Most bytes of a tool's result that a model is given and a trace keeps.
pub(crate) const MAX_RESULT_BYTES: usize = 32 * 1024;
/// Looked at beyond what is kept, so that a secret at the edge is recognised whole.
const EDGE_BYTES: usize = 2 * 1024;
/// What stands for everything that could not be redacted.
const FAILED: &str = "[REDACTED]";
/// What the model is told when there are tokens in what it reads.
const ABOUT_TOKENS: &str = "\n\nWords in ⟦ and ⟧, such as ⟦EMAIL_1⟧, stand for values that are put back later. \
    Write them exactly as they are where the value belongs.";

/// The redaction of one run. When it fails, what it gives has nothing of the text, and it says so from then on.
#[derive(Debug)]
pub(crate) struct Mask {
    conversation: Conversation,
    failure: Option<RedactionFailed>,
}

impl Mask {
    /// For a tenant whose redaction is `privacy`, or cannot be used.
    pub(crate) fn new(privacy: Result<Privacy, RedactionFailed>) -> Self {
        match privacy {
            Ok(privacy) => Self {
                conversation: privacy.conversation(),
                failure: None,
            },
            Err(failure) => Self {
                conversation: Conversation::default(),
                failure: Some(failure),
            },
        }
    }

    /// Whether something could not be redacted: then the run ends.
    pub(crate) const fn check(&self) -> Result<(), RedactionFailed> {
        match self.failure {
            None => Ok(()),
            Some(failure) => Err(failure),
        }
    }

    fn or_failed<T>(&mut self, result: Result<T, RedactionFailed>, instead: T) -> T {
        match result {
            Ok(value) if self.failure.is_none() => value,
            Ok(_) => instead,
            Err(failure) => {
                self.failure = Some(failure);
                instead
            }
        }
    }

    /// `text` as it may be stored.
    pub(crate) fn text(&mut self, text: &str) -> String {
        let stored = self.conversation.stored(text);
        let stored = self.or_failed(stored, FAILED.to_owned());
        // PostgreSQL text cannot hold NUL.
        if stored.contains('\0') {
            stored.replace('\0', "\u{fffd}")
        } else {
            stored
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
        let stored = self.conversation.stored_json(value.clone());
        let stored = self.or_failed(stored, Value::String(FAILED.to_owned()));
        if text.contains("\\u0000") {
            without_nul(stored)
        } else {
            stored
        }
    }

    /// `text` as the model may see it, at most [`MAX_RESULT_BYTES`] of it.
    pub(crate) fn for_model(&mut self, text: &str) -> String {
        if !self.conversation.hides_from_provider() {
            return shortened(text, MAX_RESULT_BYTES).into_owned();
        }
        let shown = self
            .conversation
            .for_provider(cut(text, MAX_RESULT_BYTES + EDGE_BYTES).0);
        let shown = self.or_failed(shown, FAILED.to_owned());
        shortened(&shown, MAX_RESULT_BYTES).into_owned()
    }

    /// A tool's result as the model may see it.
    pub(crate) fn result_for_model(&mut self, value: &Value) -> String {
        match value {
            Value::String(text) => self.for_model(text),
            other => {
                let shown = self.conversation.json_for_provider(other);
                let shown = self.or_failed(shown, Value::Null);
                shortened(&shown.to_string(), MAX_RESULT_BYTES).into_owned()
            }
        }
    }

    /// Takes out of a prompt what the provider may not see.
    pub(crate) fn prompt(&mut self, system: &mut String, messages: &mut [ChatMessage]) {
        if !self.conversation.hides_from_provider() {
            return;
        }
        self.hide(system);
        for message in messages {
            match message {
                ChatMessage::System { content }
                | ChatMessage::User { content }
                | ChatMessage::Assistant { content, .. }
                | ChatMessage::Tool { content, .. } => self.hide(content),
            }
        }
        if !self.conversation.is_without_tokens() {
            system.push_str(ABOUT_TOKENS);
        }
    }

    /// Takes out of tools' descriptions what the provider may not see; their schemas have to stay what they are.
    pub(crate) fn tools(&mut self, tools: &mut [ToolSpec]) {
        for tool in tools {
            self.hide(&mut tool.description);
        }
    }

    fn hide(&mut self, text: &mut String) {
        if self.conversation.hides_from_provider() {
            let shown = self.conversation.for_provider(text);
            *text = self.or_failed(shown, FAILED.to_owned());
        }
    }

    /// The call that the model means: with the values of the tokens in its arguments.
    pub(crate) fn meant(&mut self, call: &ToolCallRequest) -> ToolCallRequest {
        let arguments = self.conversation.revealed_json(&call.arguments);
        ToolCallRequest {
            id: call.id.clone(),
            name: call.name.clone(),
            arguments: self.or_failed(arguments, Value::Null),
        }
    }

    /// What turns the model's words into what the caller is told.
    pub(crate) fn tell(&self, may_see: bool) -> Told {
        self.conversation.tell(may_see)
    }

    /// The values behind the tokens, to be sealed.
    pub(crate) fn values(&self) -> Result<Option<Vec<u8>>, serde_json::Error> {
        self.conversation.values()
    }

    /// How often each kind was found.
    pub(crate) fn counts(&self) -> BTreeMap<String, u32> {
        let counts = self.conversation.counts().iter();
        counts
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
    use clasper_redaction::Redactor;
    use serde_json::json;

    use super::*;

    fn mask() -> Mask {
        Mask::new(Ok(Privacy::plain(Redactor::standard())))
    }

    #[test]
    fn texts_are_cut_between_characters() {
        assert_eq!(cut("aé", 2), ("a", true));
        assert_eq!(shortened("abc", 3), "abc");
        assert_eq!(shortened("abcd", 3), "abc\n[shortened: 3 of 4 bytes]");
    }

    #[test]
    fn a_secret_at_the_edge_of_a_long_text_is_masked() {
        let mut mask = mask();
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
        let mut mask = mask();
        assert_eq!(mask.text("a\0b"), "a\u{fffd}b");
        assert_eq!(
            mask.json(&json!({"a\0": ["b\0"]})),
            json!({"a\u{fffd}": ["b\u{fffd}"]})
        );
    }

    #[test]
    fn a_tenant_whose_redaction_cannot_be_used_stores_nothing_of_a_text() {
        let mut mask = Mask::new(Err(RedactionFailed::Unusable));
        assert_eq!(mask.text("harmless"), FAILED);
        assert_eq!(mask.json(&json!({"a": 1})), json!(FAILED));
        assert_eq!(mask.check(), Err(RedactionFailed::Unusable));
    }
}
