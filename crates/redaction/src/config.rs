//! What a tenant configures, in YAML or JSON: `{pii: {patterns, strategy, strategies}, custom: [{name, pattern, …}]}`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::custom::{MAX_PATTERNS, Pattern, PatternError};
use crate::{Entity, HashKey, NameError, Redactor, Strategy};

/// Most bytes of a mask of one's own.
const MAX_MASK: usize = 64;

/// The redaction of one tenant, as people write it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RedactionConfig {
    /// The built-in rules.
    pub pii: PiiRules,
    /// Patterns of one's own.
    pub custom: Vec<CustomRule>,
    /// What a model provider is given.
    pub provider: ProviderRule,
    /// What callers are told of a model's answers.
    pub answers: AnswerRule,
}

/// What of a conversation a model provider is given.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ProviderRule {
    /// Everything as it was said.
    #[default]
    Off,
    /// What is stored: redacted by the same strategies.
    Redact,
    /// Tokens in the place of values, put back in the answers for those who may see them. Kinds with a strategy of their own
    /// keep it.
    #[serde(alias = "tokenize")]
    Tokenise,
}

/// What of a model's answers callers are told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AnswerRule {
    /// Everything, with the values of tokens for those who may see them.
    #[default]
    Off,
    /// What is stored: redacted by the same strategies.
    Redact,
}

/// Which built-in rules there are and what they write.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PiiRules {
    /// Names of kinds, or the names that the reference uses (`ssn`, `phone_us`, `password_field` …); all kinds if it is absent.
    pub patterns: Option<Vec<String>>,
    /// What is written for every kind that is not in `strategies`.
    pub strategy: StrategyName,
    /// What is written for single kinds.
    pub strategies: BTreeMap<String, StrategyName>,
}

/// A pattern of one's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CustomRule {
    /// The kind's name; several patterns may share one. Small letters and hyphens become capitals and `_`.
    pub name: String,
    /// The pattern, in the syntax of the `regex` crate.
    pub pattern: String,
    /// What the mask shows instead of `[NAME]`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replacement: Option<String>,
    /// What is written, if not `pii.strategy`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strategy: Option<StrategyName>,
    /// Most bytes of a match.
    #[serde(default = "default_length")]
    pub max_length: usize,
}

fn default_length() -> usize {
    128
}

/// A strategy's name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum StrategyName {
    /// [`Strategy::Mask`]
    #[default]
    Mask,
    /// [`Strategy::Hash`]
    Hash,
    /// [`Strategy::Tokenise`]
    #[serde(alias = "tokenize")]
    Tokenise,
    /// [`Strategy::Drop`]
    Drop,
}

impl StrategyName {
    /// The strategy; `None` if it hashes and there is no key.
    #[must_use]
    pub fn strategy(self, key: Option<&HashKey>) -> Option<Strategy> {
        Some(match self {
            Self::Mask => Strategy::Mask,
            Self::Tokenise => Strategy::Tokenise,
            Self::Drop => Strategy::Drop,
            Self::Hash => Strategy::Hash { key: key?.clone() },
        })
    }
}

/// Why a configuration is refused; `pointer` (RFC 6901) says where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// It is no YAML or JSON.
    #[error("the configuration is not valid YAML or JSON")]
    Syntax,
    /// A key is not known or a value has the wrong form.
    #[error("{pointer}: {reason}")]
    Form {
        /// The member at fault.
        pointer: String,
        /// What was expected there.
        reason: String,
    },
    /// A name is none of a kind.
    #[error("{pointer}: {source}")]
    Name {
        /// The name at fault.
        pointer: String,
        /// Why.
        source: NameError,
    },
    /// The name of a built-in kind was expected.
    #[error("{pointer}: no such pattern; use a name such as EMAIL, PHONE or CREDIT_CARD")]
    Unknown {
        /// The name at fault.
        pointer: String,
    },
    /// A pattern cannot be used.
    #[error("{pointer}: {source}")]
    Pattern {
        /// The pattern at fault.
        pointer: String,
        /// Why.
        source: PatternError,
    },
    /// A replacement is too long or could be found again.
    #[error(
        "{pointer}: a replacement has 1 to {MAX_MASK} bytes and nothing in it that would be redacted itself"
    )]
    Replacement {
        /// The replacement at fault.
        pointer: String,
    },
    /// Hashing is asked for, and there is no key for it.
    #[error("{pointer}: hashing needs a key for the tenant, and none is configured")]
    NoKey {
        /// The strategy at fault.
        pointer: String,
    },
    /// There are too many patterns.
    #[error("/custom: at most {MAX_PATTERNS} patterns; join some of them with |")]
    TooMany,
}

impl ConfigError {
    /// The member at fault, as a JSON pointer (RFC 6901); empty if it is the whole.
    #[must_use]
    pub fn pointer(&self) -> &str {
        match self {
            Self::Syntax => "",
            Self::TooMany => "/custom",
            Self::Form { pointer, .. }
            | Self::Name { pointer, .. }
            | Self::Unknown { pointer }
            | Self::Pattern { pointer, .. }
            | Self::Replacement { pointer }
            | Self::NoKey { pointer } => pointer,
        }
    }
}

impl RedactionConfig {
    /// Reads YAML, and with it JSON.
    ///
    /// # Errors
    /// [`ConfigError::Syntax`] and [`ConfigError::Form`]
    pub fn from_yaml(text: &str) -> Result<Self, ConfigError> {
        let value: Value = serde_norway::from_str(text).map_err(|_| ConfigError::Syntax)?;
        Self::from_value(&value)
    }

    /// Reads a JSON value.
    ///
    /// # Errors
    /// [`ConfigError::Form`]
    pub fn from_value(value: &Value) -> Result<Self, ConfigError> {
        if value.is_null() {
            return Ok(Self::default());
        }
        serde_path_to_error::deserialize(value).map_err(|error| ConfigError::Form {
            pointer: pointer(error.path()),
            reason: error.inner().to_string(),
        })
    }

    /// Builds the redactor; `key` is the tenant's, needed where a strategy hashes.
    ///
    /// # Errors
    /// [`ConfigError`]
    pub fn build(&self, key: Option<&HashKey>) -> Result<Redactor, ConfigError> {
        self.build_on(Redactor::standard(), key)
    }

    /// As [`Self::build`], over the rules that `base` has already.
    ///
    /// # Errors
    /// [`ConfigError`]
    pub fn build_on(&self, base: Redactor, key: Option<&HashKey>) -> Result<Redactor, ConfigError> {
        let strategy = |name: StrategyName, pointer: String| {
            name.strategy(key).ok_or(ConfigError::NoKey { pointer })
        };
        let mut redactor =
            base.with_strategy(strategy(self.pii.strategy, "/pii/strategy".to_owned())?);
        if let Some(names) = &self.pii.patterns {
            let mut only = Vec::new();
            for (i, name) in names.iter().enumerate() {
                only.extend(built_in(name).ok_or_else(|| ConfigError::Unknown {
                    pointer: format!("/pii/patterns/{i}"),
                })?);
            }
            redactor = redactor.only(&only);
        }
        if self.custom.len() > MAX_PATTERNS {
            return Err(ConfigError::TooMany);
        }
        for (i, rule) in self.custom.iter().enumerate() {
            let at = |member: &str| format!("/custom/{i}/{member}");
            let entity = rule.entity().map_err(|source| ConfigError::Name {
                pointer: at("name"),
                source,
            })?;
            let pattern =
                Pattern::new(entity, &rule.pattern, rule.max_length).map_err(|source| {
                    ConfigError::Pattern {
                        pointer: at(if source == PatternError::Length {
                            "max_length"
                        } else {
                            "pattern"
                        }),
                        source,
                    }
                })?;
            redactor = redactor.with_pattern(pattern).ok_or(ConfigError::TooMany)?;
            if let Some(mask) = &rule.replacement {
                redactor = redactor.with_mask(entity, mask);
            }
            if let Some(name) = rule.strategy {
                redactor = redactor.with_entity_strategy(entity, strategy(name, at("strategy"))?);
            }
        }
        for (name, chosen) in &self.pii.strategies {
            let pointer = format!("/pii/strategies/{}", escaped(name));
            let entities =
                built_in(name)
                    .or_else(|| self.own(name))
                    .ok_or_else(|| ConfigError::Unknown {
                        pointer: pointer.clone(),
                    })?;
            for entity in entities {
                redactor =
                    redactor.with_entity_strategy(entity, strategy(*chosen, pointer.clone())?);
            }
        }
        self.check_masks(&redactor)?;
        Ok(redactor)
    }

    fn own(&self, name: &str) -> Option<Vec<Entity>> {
        let entity = self.custom.iter().find(|rule| rule.name == name)?.entity();
        entity.ok().map(|entity| vec![entity])
    }

    fn check_masks(&self, redactor: &Redactor) -> Result<(), ConfigError> {
        for (i, rule) in self.custom.iter().enumerate() {
            if let Some(mask) = &rule.replacement
                && (mask.is_empty() || mask.len() > MAX_MASK || !redactor.findings(mask).is_empty())
            {
                return Err(ConfigError::Replacement {
                    pointer: format!("/custom/{i}/replacement"),
                });
            }
        }
        Ok(())
    }
}

impl CustomRule {
    fn entity(&self) -> Result<Entity, NameError> {
        Entity::custom(&self.name.to_ascii_uppercase().replace(['-', ' '], "_"))
    }
}

/// The kinds of a name: the engine's own, or one of the reference's.
fn built_in(name: &str) -> Option<Vec<Entity>> {
    let alias = match name {
        "ssn" => vec![Entity::UsSsn],
        "phone_us" => vec![Entity::Phone],
        "password_field" => vec![Entity::Secret],
        _ => vec![],
    };
    if !alias.is_empty() {
        return Some(alias);
    }
    let upper = name.to_ascii_uppercase();
    let known = Entity::ALL.into_iter().find(|known| known.name() == upper);
    known.map(|entity| vec![entity])
}

fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    path.iter()
        .map(|segment| match segment {
            Segment::Seq { index } => format!("/{index}"),
            Segment::Map { key } => format!("/{}", escaped(key)),
            Segment::Enum { variant } => format!("/{}", escaped(variant)),
            Segment::Unknown => "/?".to_owned(),
        })
        .collect()
}

fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}
