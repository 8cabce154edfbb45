//! clasper-store.
