#![doc = include_str!("../README.md")]

mod config;
mod conversation;
mod error;
mod guard;
mod privacy;
mod service;
mod telling;

pub use config::{ConfigRecord, ConfigWrite, FixedConfig, KeptValues, RedactionStore};
pub use conversation::{Conversation, MOST_VALUES};
pub use error::{Error, RedactionFailed};
pub use privacy::Privacy;
pub use service::{MAX_PREVIEW_BYTES, Previewed, Redactions, RevealedText, values_context};
pub use telling::Told;
