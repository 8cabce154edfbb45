//! clasper-auth.
