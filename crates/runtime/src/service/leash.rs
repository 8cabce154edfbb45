//! What ends a run from outside: a vanished caller, a stopping server, its time limit.

use std::future::Future;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

/// Why a run was ended from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    /// The caller went away, or the server must end.
    Cancelled,
    /// The time is over.
    Timeout,
}

/// Holds a run to its limits. Only calls to the outside are raced against it, never writes to the store: those finish,
/// so that nobody has to guess whether they happened.
#[derive(Debug)]
pub(crate) struct Leash {
    cancel: CancellationToken,
    deadline: Instant,
}

impl Leash {
    pub(crate) fn new(cancel: CancellationToken, limit: Duration) -> Self {
        let now = Instant::now();
        Self {
            cancel,
            deadline: now.checked_add(limit).unwrap_or(now),
        }
    }

    /// The result of `work`, unless the run has to end first. `work` is dropped then.
    pub(crate) async fn hold<F: Future>(&self, work: F) -> Result<F::Output, Stop> {
        if self.cancel.is_cancelled() {
            return Err(Stop::Cancelled);
        }
        tokio::select! {
            biased;
            output = work => Ok(output),
            () = self.cancel.cancelled() => Err(Stop::Cancelled),
            () = sleep_until(self.deadline) => Err(Stop::Timeout),
        }
    }
}
