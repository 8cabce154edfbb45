//! clasper-api-types.
