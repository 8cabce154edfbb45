//! The backend as the runtime's port sees it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::TimeDelta;
use clasper_core::Clock;
use clasper_runtime::backend::{
    AgentIdentity, BackendCapabilities, BackendError, BackendTask, ControlPlane, Delivery, NewTask,
    ToolAnswer,
};
use clasper_runtime::model::ToolSpec;
use moka::sync::Cache;
use reqwest::{ClientBuilder, redirect};
use serde_json::Value;

use crate::address::Addresses;
use crate::config::{BackendConfig, ConfigError};
use crate::fresh::FreshCache;
use crate::task::TaskRef;
use crate::token::AgentTokens;
use crate::tool::{Audience, Listed};
use crate::transport::Transport;

/// How long a task's id or a list of tools is believed.
const LIFETIME: TimeDelta = TimeDelta::seconds(60);
const MAX_TASK_BYTES: u64 = 4 * 1024 * 1024;
const MAX_TOOL_BYTES: u64 = 8 * 1024 * 1024;
const MAX_GONE_TASKS: u64 = 10_000;
/// What an entry costs beside its texts.
const ENTRY_BYTES: usize = 256;

/// A tenant's backend, called over HTTP.
pub struct Backend {
    pub(crate) transport: Transport,
    pub(crate) addresses: Addresses,
    /// Ids of tasks by title.
    pub(crate) tasks: FreshCache<TaskRef, Arc<str>>,
    /// Tasks by id that a message was refused for with 404.
    pub(crate) gone: Cache<TaskRef, ()>,
    pub(crate) tools: FreshCache<Audience, Listed>,
}

/// A builder for the HTTP client as [`Backend`] wants it: redirects are not followed, because they would carry the agent
/// token to another place, and connections are established within five seconds.
pub fn client_builder() -> ClientBuilder {
    reqwest::Client::builder()
        .redirect(redirect::Policy::none())
        .referer(false)
        .connect_timeout(Duration::from_secs(5))
}

impl Backend {
    /// A backend over `http`, a client made by [`client_builder`] so that it follows no redirects.
    ///
    /// # Errors
    /// [`ConfigError`] when the address is not a plain HTTP URL, the secret is short, or the jitter is no fraction.
    pub fn new(
        config: BackendConfig,
        http: reqwest::Client,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ConfigError> {
        let BackendConfig {
            base_url,
            agent_jwt_secret,
            algorithm,
            timeout,
            retry,
            max_response_bytes,
        } = config;
        if !(0.0..=1.0).contains(&retry.jitter) {
            return Err(ConfigError::Jitter);
        }
        let addresses = Addresses::under(&base_url)?;
        let tokens = AgentTokens::new(&agent_jwt_secret, algorithm, Arc::clone(&clock))?;
        let transport = Transport {
            http,
            tokens,
            timeout,
            retry,
            max_response_bytes,
        };
        Ok(Self {
            transport,
            addresses,
            tasks: FreshCache::new(
                MAX_TASK_BYTES,
                |task, id| ENTRY_BYTES + task.name.len() + id.len(),
                LIFETIME,
                Arc::clone(&clock),
            ),
            gone: Cache::new(MAX_GONE_TASKS),
            tools: FreshCache::new(
                MAX_TOOL_BYTES,
                |audience, listed| ENTRY_BYTES + audience.role.len() + listed.bytes,
                LIFETIME,
                clock,
            ),
        })
    }
}

impl fmt::Debug for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Backend")
            .field("addresses", &self.addresses)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl ControlPlane for Backend {
    async fn find_or_create_task(
        &self,
        agent: &AgentIdentity,
        task: &NewTask,
    ) -> Result<BackendTask, BackendError> {
        self.task_by_title(agent, task).await
    }

    async fn deliver(
        &self,
        agent: &AgentIdentity,
        delivery: &Delivery,
        idempotency_key: &str,
    ) -> Result<String, BackendError> {
        self.post_delivery(agent, delivery, idempotency_key).await
    }

    async fn tools(&self, agent: &AgentIdentity) -> Result<Vec<ToolSpec>, BackendError> {
        self.listed_tools(agent).await
    }

    async fn call_tool(
        &self,
        agent: &AgentIdentity,
        name: &str,
        arguments: &Value,
        idempotency_key: &str,
    ) -> Result<ToolAnswer, BackendError> {
        self.call_tool_once(agent, name, arguments, idempotency_key)
            .await
    }

    async fn capabilities(
        &self,
        agent: &AgentIdentity,
    ) -> Result<BackendCapabilities, BackendError> {
        self.announced_capabilities(agent).await
    }

    async fn health(&self) -> Result<(), BackendError> {
        self.check_health().await
    }
}
