//! example-backend.
