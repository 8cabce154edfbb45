//! clasper-http.
