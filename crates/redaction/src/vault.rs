//! Tokens for values, and the port to where the values are kept.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use crate::Entity;
use crate::entity::MAX_NAME;

/// The first character of a token.
pub(crate) const OPEN: char = '⟦';
/// The last one.
pub(crate) const CLOSE: char = '⟧';
/// Most characters behind the kind's name.
const MAX_ID: usize = 32;
/// Most bytes of a token: its brackets have three each.
pub(crate) const MAX_TOKEN: usize = 6 + MAX_NAME + 1 + MAX_ID;

/// What stands for a value: `⟦EMAIL_1⟧`, a kind and an id of small letters and digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Token {
    text: String,
    entity: Entity,
}

impl Token {
    /// The token of a kind and an id of 1 to 32 of `a-z` and `0-9`; nothing else is an id.
    #[must_use]
    pub fn new(entity: Entity, id: &str) -> Option<Self> {
        let fits = (1..=MAX_ID).contains(&id.len())
            && id
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        fits.then(|| Self {
            text: format!("{OPEN}{}_{id}{CLOSE}", entity.name()),
            entity,
        })
    }

    /// Reads a token as it stands in a text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let inner = text.strip_prefix(OPEN)?.strip_suffix(CLOSE)?;
        let (name, id) = inner.rsplit_once('_')?;
        Self::new(name.parse().ok()?, id)
    }

    /// The text of the token.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The kind of value it stands for.
    #[must_use]
    pub fn entity(&self) -> Entity {
        self.entity
    }
}

/// Where values are kept that a token stands for. One vault belongs to one tenant, or one conversation of it: whoever can
/// write a token's name can ask for its value.
pub trait TokenVault: Send + Sync {
    /// The token for a value, the same one whenever the same value of the same kind is given.
    ///
    /// # Errors
    /// [`VaultError`] when it cannot be kept; the text is refused then.
    fn token(&self, entity: Entity, value: &str) -> Result<Token, VaultError>;

    /// The value behind a token, or nothing if there is none or the reader may not see it.
    ///
    /// # Errors
    /// [`VaultError`] when it cannot be told.
    fn reveal(&self, token: &Token) -> Result<Option<String>, VaultError>;
}

/// Why a vault did not answer. Values are never part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VaultError {
    /// It cannot be reached.
    #[error("the token vault cannot be reached")]
    Unavailable,
    /// It holds as much as it may.
    #[error("the token vault is full")]
    Full,
    /// It gave a token of another kind than it was asked for.
    #[error("the token vault gave a token of another kind")]
    WrongToken,
}

/// A vault in memory with numbered tokens, for one conversation.
pub struct SessionVault {
    kept: Mutex<Kept>,
    most: usize,
}

#[derive(Default)]
struct Kept {
    tokens: HashMap<(Entity, String), Token>,
    values: HashMap<Token, String>,
    numbers: HashMap<Entity, usize>,
}

impl SessionVault {
    /// A vault for at most `most` values.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self {
            kept: Mutex::default(),
            most,
        }
    }

    /// Whether nothing is kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.values.is_empty()
    }

    /// Everything kept, to be sealed and stored.
    #[must_use]
    pub fn entries(&self) -> Vec<(Token, String)> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let mut entries: Vec<_> = kept
            .values
            .iter()
            .map(|(token, value)| (token.clone(), value.clone()))
            .collect();
        entries.sort_by(|a, b| a.0.as_str().cmp(b.0.as_str()));
        entries
    }

    /// A vault with what [`SessionVault::entries`] gave; new numbers go on behind the highest.
    #[must_use]
    pub fn restore(entries: Vec<(Token, String)>, most: usize) -> Self {
        let mut kept = Kept::default();
        for (token, value) in entries {
            let entity = token.entity();
            let number = token
                .as_str()
                .rsplit_once('_')
                .and_then(|(_, id)| id.trim_end_matches(CLOSE).parse().ok())
                .unwrap_or_default();
            let highest = kept.numbers.entry(entity).or_default();
            *highest = (*highest).max(number);
            kept.tokens.insert((entity, value.clone()), token.clone());
            kept.values.insert(token, value);
        }
        Self {
            kept: Mutex::new(kept),
            most,
        }
    }
}

impl fmt::Debug for SessionVault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionVault(..)")
    }
}

impl TokenVault for SessionVault {
    fn token(&self, entity: Entity, value: &str) -> Result<Token, VaultError> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (entity, value.to_owned());
        if let Some(token) = kept.tokens.get(&key) {
            return Ok(token.clone());
        }
        if kept.values.len() >= self.most {
            return Err(VaultError::Full);
        }
        let number = kept.numbers.entry(entity).or_default();
        *number += 1;
        let token = Token::new(entity, &number.to_string()).ok_or(VaultError::WrongToken)?;
        kept.tokens.insert(key, token.clone());
        kept.values.insert(token.clone(), value.to_owned());
        Ok(token)
    }

    fn reveal(&self, token: &Token) -> Result<Option<String>, VaultError> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(kept.values.get(token).cloned())
    }
}
