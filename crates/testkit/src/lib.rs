//! clasper-testkit.
