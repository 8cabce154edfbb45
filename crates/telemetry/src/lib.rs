//! clasper-telemetry.
