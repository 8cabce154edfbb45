//! What the redactor finds, what it leaves alone, and what holds for any text.

mod cases;
mod json;
mod properties;
