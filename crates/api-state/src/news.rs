//! Tells when the audit logs may have grown.

use std::time::Duration;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// How long a listener rests after news: under load it reads what gathered rather than every commit.
const REST: Duration = Duration::from_millis(25);

/// Rings when the logs may have grown. Clone it before reading, and nothing is missed.
#[derive(Debug, Clone)]
pub struct LogNews {
    commits: watch::Receiver<u64>,
    /// How long until it rings by itself: other processes may have written.
    period: Duration,
    stopping: CancellationToken,
}

impl LogNews {
    /// Rings after each commit that `commits` tells of and every `period`, until `stopping`.
    #[must_use]
    pub const fn new(
        commits: watch::Receiver<u64>,
        period: Duration,
        stopping: CancellationToken,
    ) -> Self {
        Self {
            commits,
            period,
            stopping,
        }
    }

    /// Waits until the logs may have grown since the last time; `false` when the server stops.
    pub async fn next(&mut self) -> bool {
        let rung = async {
            tokio::select! {
                () = tokio::time::sleep(self.period) => {}
                rung = self.commits.changed() => {
                    if rung.is_err() {
                        // The store has ended, so the server is about to.
                        std::future::pending::<()>().await;
                    }
                    tokio::time::sleep(REST).await;
                }
            }
        };
        tokio::select! {
            () = self.stopping.cancelled() => false,
            () = rung => true,
        }
    }
}
