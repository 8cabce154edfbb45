//! clasper-db.
