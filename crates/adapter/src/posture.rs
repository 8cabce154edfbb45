//! The canary, and what rests on it.

use serde::Deserialize;

use crate::adapter::Adapter;
use crate::ask::Ask;
use crate::blocked::{Blocked, Fault};

/// What must be denied: no policy names it, and nothing executes it.
const PROBE_TOOL: &str = "__clasper_probe__";

/// What came of asking for what must be denied.
#[derive(Debug)]
pub enum Canary {
    /// It was denied, as it must be.
    Denied {
        /// The decision.
        decision: Option<String>,
    },
    /// It was not: whatever this adapter asks for is not governed. Stop.
    Passed,
    /// There was no usable answer, which proves nothing.
    Unknown(Blocked),
}

/// How the server says that the adapter is governed.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Posture {
    /// `ENFORCED`, `DEGRADED` or `DISABLED`.
    pub status: String,
    /// What happens to a tool that no policy names: `permissive`, `guarded` or `strict`.
    pub mode: String,
    /// Why it is not `ENFORCED`.
    #[serde(default)]
    pub reasons: Vec<String>,
    /// Tools of the registration that a policy decides about.
    #[serde(default)]
    pub covered_tools: Vec<String>,
    /// Tools of the registration that no policy decides about.
    #[serde(default)]
    pub uncovered_tools: Vec<String>,
}

impl Adapter {
    /// Asks for the canary. Ask again within every window (ten minutes, unless the server is told otherwise).
    pub async fn probe(&self) -> Canary {
        match self.acquire(Ask::new(PROBE_TOOL)).await {
            Ok(_) => Canary::Passed,
            Err(Blocked::Denied { decision, .. }) if decision.is_some() => {
                Canary::Denied { decision }
            }
            Err(why) => Canary::Unknown(why),
        }
    }

    /// How the server says that this adapter is governed.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn posture(&self) -> Result<Posture, Fault> {
        let patience = std::time::Duration::ZERO;
        self.inner.door.get("/api/adapter/posture", patience).await
    }
}
