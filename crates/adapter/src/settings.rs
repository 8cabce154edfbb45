//! Where the server is, who asks, and how patient it is.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};

/// What an adapter needs from the machine that it runs on. Tests pass their own.
pub trait Surroundings: Send + Sync {
    /// The time.
    fn now(&self) -> DateTime<Utc>;

    /// An id that nobody else has: a UUID.
    fn id(&self) -> String;
}

/// The system's clock and randomness.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemSurroundings;

impl Surroundings for SystemSurroundings {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place where this client reads the clock"
    )]
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the one place where this client makes ids"
    )]
    fn id(&self) -> String {
        uuid::Uuid::now_v7().to_string()
    }
}

/// How often and how fast a request is sent again that got no answer, or one that asks for patience.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retries {
    /// Attempts, the first included.
    pub attempts: usize,
    /// The pause after the first failure; it doubles with each further one, and is spread at random.
    pub first_pause: Duration,
    /// The longest pause.
    pub longest_pause: Duration,
}

impl Default for Retries {
    fn default() -> Self {
        Self {
            attempts: 3,
            first_pause: Duration::from_millis(200),
            longest_pause: Duration::from_secs(4),
        }
    }
}

/// Everything that an adapter is set up with.
#[derive(Clone)]
pub struct Settings {
    /// The server's address, such as `https://clasper.example.com`.
    pub server: String,
    /// The tenant.
    pub tenant: String,
    /// The workspace.
    pub workspace: String,
    /// The adapter's id.
    pub adapter: String,
    /// The longest that one request may take, besides what it is told to wait for people.
    pub timeout: Duration,
    /// The longest wait for people; what nobody has answered by then is blocked.
    pub approval_wait: Duration,
    /// Further attempts.
    pub retries: Retries,
    /// The clock and ids.
    pub surroundings: Arc<dyn Surroundings>,
}

impl Settings {
    /// Ten seconds for a request, five minutes for people, three attempts.
    #[must_use]
    pub fn new(server: &str, tenant: &str, workspace: &str, adapter: &str) -> Self {
        Self {
            server: server.trim_end_matches('/').to_owned(),
            tenant: tenant.to_owned(),
            workspace: workspace.to_owned(),
            adapter: adapter.to_owned(),
            timeout: Duration::from_secs(10),
            approval_wait: Duration::from_mins(5),
            retries: Retries::default(),
            surroundings: Arc::new(SystemSurroundings),
        }
    }
}

impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Settings")
            .field("server", &self.server)
            .field("adapter", &self.adapter)
            .finish_non_exhaustive()
    }
}
