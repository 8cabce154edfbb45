//! clasper-api.
