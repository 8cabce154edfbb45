//! Redaction whose failure, a panic included, is a refusal.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::RedactionFailed;

/// Runs `work`; whatever goes wrong in it, nothing of the text comes back.
pub(crate) fn guarded<T, E: Into<RedactionFailed>>(
    work: impl FnOnce() -> Result<T, E>,
) -> Result<T, RedactionFailed> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(result) => result.map_err(Into::into),
        Err(_) => Err(RedactionFailed::Engine),
    }
}
