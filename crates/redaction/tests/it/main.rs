//! What the redactor finds, what it leaves alone, and what holds for any text.

mod cases;
mod configuration;
mod corpus;
mod json;
mod properties;
mod stream;
mod tokens;
