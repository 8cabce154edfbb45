//! The redaction that counts for one tenant at one moment.

use std::borrow::Cow;

use clasper_redaction::{
    AnswerRule, ConfigError, Counts, HashKey, ProviderRule, Redacted, RedactionConfig, Redactor,
    Strategy,
};
use serde_json::Value;

use crate::guard::guarded;
use crate::{Conversation, RedactionFailed};

/// One tenant's redaction. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Privacy {
    redactor: Redactor,
    provider: ProviderRule,
    answers: AnswerRule,
}

impl Privacy {
    /// What `config` says, over the rules of `base`. `key` is needed where a strategy hashes.
    ///
    /// # Errors
    /// [`ConfigError`], with a pointer into the configuration.
    pub fn of(
        config: &RedactionConfig,
        base: Redactor,
        key: Option<&HashKey>,
    ) -> Result<Self, ConfigError> {
        Ok(Self {
            redactor: config.build_on(base, key)?,
            provider: config.provider,
            answers: config.answers,
        })
    }

    /// `redactor` for what is stored; nothing else is changed.
    #[must_use]
    pub fn plain(redactor: Redactor) -> Self {
        Self {
            redactor,
            provider: ProviderRule::Off,
            answers: AnswerRule::Off,
        }
    }

    /// What the model provider is given.
    #[must_use]
    pub const fn provider(&self) -> ProviderRule {
        self.provider
    }

    /// What callers are told.
    #[must_use]
    pub const fn answers(&self) -> AnswerRule {
        self.answers
    }

    /// Redacts a text that stands alone: without tokens, which belong to conversations.
    ///
    /// # Errors
    /// [`RedactionFailed`]: nothing of it may be passed on.
    pub fn text<'t>(&self, text: &'t str) -> Result<Redacted<'t>, RedactionFailed> {
        guarded(|| Ok::<_, RedactionFailed>(self.redactor.redact(text)))
    }

    /// Redacts a JSON value that stands alone.
    ///
    /// # Errors
    /// [`RedactionFailed`]: nothing of it may be passed on.
    pub fn json(&self, value: Value) -> Result<(Value, Counts), RedactionFailed> {
        guarded(|| Ok::<_, RedactionFailed>(self.redactor.redact_json(value)))
    }

    /// A text of which only the redacted form is wanted.
    ///
    /// # Errors
    /// [`RedactionFailed`]: nothing of it may be passed on.
    pub fn words<'t>(&self, text: &'t str) -> Result<Cow<'t, str>, RedactionFailed> {
        Ok(self.text(text)?.text)
    }

    /// The redaction of one conversation, whose tokens mean the same from its beginning to its end.
    #[must_use]
    pub fn conversation(&self) -> Conversation {
        let redactor = match self.provider {
            ProviderRule::Tokenise => self.redactor.clone().with_strategy(Strategy::Tokenise),
            _ => self.redactor.clone(),
        };
        Conversation::new(redactor, self.provider, self.answers)
    }

    pub(crate) const fn redactor(&self) -> &Redactor {
        &self.redactor
    }
}
