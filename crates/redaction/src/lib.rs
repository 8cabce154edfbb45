//! Takes personal data and secrets out of text, streams and JSON before anything is stored, logged or sent.
#![doc = ""]
#![doc = include_str!("../README.md")]

mod config;
mod counts;
mod custom;
mod detector;
mod engine;
mod entity;
mod error;
mod json;
mod redactor;
mod reidentify;
mod strategy;
mod stream;
mod vault;

pub use config::{
    AnswerRule, ConfigError, CustomRule, PiiRules, ProviderRule, RedactionConfig, StrategyName,
};
pub use counts::Counts;
pub use custom::{
    MAX_COMPILED_BYTES, MAX_MATCH_BYTES, MAX_PATTERN_BYTES, MAX_PATTERNS, Pattern, PatternError,
};
pub use detector::Detector;
pub use entity::{CustomName, Entity, NameError};
pub use error::Error;
pub use json::{JsonFinding, RedactedJson};
pub use redactor::{Finding, Redacted, Redactor};
pub use reidentify::{Reidentifier, reidentify};
pub use strategy::{HashKey, MAX_VALUE_BYTES, Strategy};
pub use stream::{HOLD_BACK_BYTES, StreamRedactor};
pub use vault::{SessionVault, Token, TokenVault, VaultError};
