//! clasper-control-plane.
