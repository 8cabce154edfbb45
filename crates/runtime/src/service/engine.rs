//! The inside of the service: what it works with and what it remembers.

use std::future::Future;
use std::sync::{Mutex, PoisonError};

use clasper_core::{StoreError, Timestamp};
use moka::sync::Cache;

use crate::backend::AgentIdentity;
use crate::run::Settlement;
use crate::service::config::AgentConfig;
use crate::service::deps::AgentDeps;
use crate::service::schema::Schemas;
use crate::service::waiting::Waiters;

/// Workspaces of which the size of the tools is remembered.
const KEPT_TOOL_SIZES: u64 = 10_000;
/// Attempts at a write that nobody else can make, before it is put aside.
const WRITE_ATTEMPTS: u32 = 5;

/// Shared by all clones of the service.
pub(crate) struct Engine {
    pub(crate) deps: AgentDeps,
    pub(crate) config: AgentConfig,
    pub(crate) waiters: Waiters,
    pub(crate) schemas: Schemas,
    /// Tokens that the tools of a workspace last added to a prompt: an estimate, so that the first hold fits.
    tool_tokens: Cache<String, u64>,
    /// Settlements that the database did not take; recovery tries them again.
    unsettled: Mutex<Vec<Settlement>>,
}

impl Engine {
    pub(crate) fn new(deps: AgentDeps, config: AgentConfig) -> Self {
        Self {
            deps,
            config,
            waiters: Waiters::default(),
            schemas: Schemas::new(),
            tool_tokens: Cache::new(KEPT_TOOL_SIZES),
            unsettled: Mutex::default(),
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.deps.clock.now()
    }

    pub(crate) fn usual_tool_tokens(&self, agent: &AgentIdentity) -> u64 {
        self.tool_tokens.get(&tool_key(agent)).unwrap_or_default()
    }

    pub(crate) fn remember_tool_tokens(&self, agent: &AgentIdentity, tokens: u64) {
        if self.usual_tool_tokens(agent) != tokens {
            self.tool_tokens.insert(tool_key(agent), tokens);
        }
    }

    /// Writes, trying again while the database is away. The flag says whether an earlier attempt may have been written
    /// although it failed.
    pub(crate) async fn persist<T, F>(
        &self,
        mut write: impl FnMut() -> F,
    ) -> (Result<T, StoreError>, bool)
    where
        F: Future<Output = Result<T, StoreError>>,
    {
        let mut doubtful = false;
        for failures in 1..=WRITE_ATTEMPTS {
            let error = match write().await {
                Ok(value) => return (Ok(value), doubtful),
                Err(error) => error,
            };
            let is_transient = matches!(error, StoreError::Unavailable(_) | StoreError::Overloaded);
            if !is_transient || failures == WRITE_ATTEMPTS {
                return (Err(error), doubtful);
            }
            doubtful |= matches!(error, StoreError::Unavailable(_));
            let noise = self.deps.ids.next_uuid().as_u128();
            tokio::time::sleep(self.config.retry.pause(failures, noise)).await;
        }
        (Err(StoreError::Overloaded), doubtful)
    }

    pub(crate) fn put_aside(&self, settlement: Settlement) {
        self.unsettled
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(settlement);
    }

    pub(crate) fn take_unsettled(&self) -> Vec<Settlement> {
        std::mem::take(
            &mut *self
                .unsettled
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        )
    }
}

fn tool_key(agent: &AgentIdentity) -> String {
    // Names hold no slash, so two pairs never share a key.
    format!("{}/{}/{}", agent.tenant, agent.workspace, agent.role)
}
