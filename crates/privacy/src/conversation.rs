//! The redaction of one conversation with a model.

use std::sync::Arc;

use clasper_redaction::{
    AnswerRule, Counts, ProviderRule, Redactor, SessionVault, Token, reidentify,
};
use serde_json::{Map, Value};

use crate::guard::guarded;
use crate::telling::Told;
use crate::{Privacy, RedactionFailed};

/// Most values that one conversation has tokens for.
pub const MOST_VALUES: usize = 10_000;

/// One conversation: what is stored of it, what the model is given, what callers are told.
#[derive(Debug)]
pub struct Conversation {
    redactor: Redactor,
    provider: ProviderRule,
    answers: AnswerRule,
    vault: Arc<SessionVault>,
    counts: Counts,
}

impl Conversation {
    pub(crate) fn new(redactor: Redactor, provider: ProviderRule, answers: AnswerRule) -> Self {
        Self {
            redactor,
            provider,
            answers,
            vault: Arc::new(SessionVault::new(MOST_VALUES)),
            counts: Counts::default(),
        }
    }

    /// `text` as it may be stored. What is found counts.
    ///
    /// # Errors
    /// [`RedactionFailed`]: nothing of it may be stored.
    pub fn stored(&mut self, text: &str) -> Result<String, RedactionFailed> {
        let redacted = guarded(|| self.redactor.redact_with(text, &*self.vault))?;
        self.counts.add_findings(&redacted.findings);
        Ok(redacted.text.into_owned())
    }

    /// `value` as it may be stored. What is found counts.
    ///
    /// # Errors
    /// [`RedactionFailed`]: nothing of it may be stored.
    pub fn stored_json(&mut self, value: Value) -> Result<Value, RedactionFailed> {
        let redacted = guarded(|| self.redactor.redact_json_with(value, Some(&*self.vault)))?;
        let found = redacted.findings.iter().map(|finding| finding.entity);
        self.counts.merge(&Counts::of(found));
        Ok(redacted.value)
    }

    /// Whether the model is given other texts than were said.
    #[must_use]
    pub const fn hides_from_provider(&self) -> bool {
        !matches!(self.provider, ProviderRule::Off)
    }

    /// `text` as the model provider may see it.
    ///
    /// # Errors
    /// [`RedactionFailed`]: it may not be sent.
    pub fn for_provider(&self, text: &str) -> Result<String, RedactionFailed> {
        if !self.hides_from_provider() {
            return Ok(text.to_owned());
        }
        let redacted = guarded(|| self.redactor.redact_with(text, &*self.vault))?;
        Ok(redacted.text.into_owned())
    }

    /// `value` as the model provider may see it.
    ///
    /// # Errors
    /// [`RedactionFailed`]: it may not be sent.
    pub fn json_for_provider(&self, value: &Value) -> Result<Value, RedactionFailed> {
        if !self.hides_from_provider() {
            return Ok(value.clone());
        }
        let vault = Some(&*self.vault as _);
        let redacted = guarded(|| self.redactor.redact_json_with(value.clone(), vault))?;
        Ok(redacted.value)
    }

    /// `value` with the values that its tokens stand for: what the tenant's own systems are given.
    ///
    /// # Errors
    /// [`RedactionFailed`].
    pub fn revealed_json(&self, value: &Value) -> Result<Value, RedactionFailed> {
        if self.is_without_tokens() {
            return Ok(value.clone());
        }
        let reveal = |text: &str| guarded(|| reidentify(text, self.vault.clone()));
        Ok(match value {
            Value::String(text) => Value::String(reveal(text)?),
            Value::Array(items) => {
                let items = items.iter().map(|item| self.revealed_json(item));
                Value::Array(items.collect::<Result<_, _>>()?)
            }
            Value::Object(members) => {
                let mut out = Map::with_capacity(members.len());
                for (name, value) in members {
                    out.insert(reveal(name)?, self.revealed_json(value)?);
                }
                Value::Object(out)
            }
            other => other.clone(),
        })
    }

    /// What turns the model's words into what the caller is told; `may_see` says whether it may see the values of tokens.
    #[must_use]
    pub fn tell(&self, may_see: bool) -> Told {
        match self.answers {
            AnswerRule::Redact => Told::redacting(self.redactor.stream_with(self.vault.clone())),
            _ if may_see => Told::revealing(self.vault.clone()),
            _ => Told::as_it_is(),
        }
    }

    /// Whether nothing was replaced by a token.
    #[must_use]
    pub fn is_without_tokens(&self) -> bool {
        self.vault.is_empty()
    }

    /// The values behind the tokens, to be sealed.
    ///
    /// # Errors
    /// When there is no JSON form; never for text.
    pub fn values(&self) -> Result<Option<Vec<u8>>, serde_json::Error> {
        if self.is_without_tokens() {
            return Ok(None);
        }
        let entries = self.vault.entries();
        let named: Vec<(&str, &str)> = entries
            .iter()
            .map(|(token, value)| (token.as_str(), value.as_str()))
            .collect();
        serde_json::to_vec(&named).map(Some)
    }

    /// How often each kind was found in what is stored.
    #[must_use]
    pub const fn counts(&self) -> &Counts {
        &self.counts
    }
}

/// A vault with what [`Conversation::values`] gave.
pub(crate) fn opened(values: &[u8]) -> Option<SessionVault> {
    let named: Vec<(String, String)> = serde_json::from_slice(values).ok()?;
    let entries = named
        .into_iter()
        .map(|(token, value)| Some((Token::parse(&token)?, value)))
        .collect::<Option<Vec<_>>>()?;
    Some(SessionVault::restore(entries, MOST_VALUES))
}

impl Default for Conversation {
    /// The standard rules for what is stored.
    fn default() -> Self {
        Privacy::plain(Redactor::standard()).conversation()
    }
}
