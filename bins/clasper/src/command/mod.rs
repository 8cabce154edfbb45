//! What can be asked.

pub mod decision;
pub mod export;
pub mod policy;
pub mod price;
pub mod redact;
pub mod verify;

use serde_json::Value;

/// A member's text, or a dash.
fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or("-")
}
