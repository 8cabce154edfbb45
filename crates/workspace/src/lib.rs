//! clasper-workspace.
