//! clasper-entity.
