//! example-embedded.
