//! Takes personal data and secrets out of text and JSON before anything is stored or logged.
#![doc = ""]
#![doc = include_str!("../README.md")]

mod counts;
mod detector;
mod entity;
mod json;
mod redactor;
mod span;
mod strategy;

pub use counts::Counts;
pub use entity::Entity;
pub use redactor::{Finding, Redacted, Redactor};
pub use strategy::{HashKey, Strategy};
