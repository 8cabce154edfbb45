//! What the service works with.

use std::sync::Arc;

use chrono::TimeDelta;
use clasper_core::{Clock, IdSource, Seal, TenantId, TokenSigner, WorkspaceId};
use clasper_policy::Policies;
use clasper_privacy::Redactions;

use crate::adapter::AdapterRegistry;
use crate::execution::ExecutionStore;
use crate::tool::ToolStore;

/// What a server knows of workspaces that policies may name: never filled from a request.
pub trait Workspaces: Send + Sync {
    /// The absolute directory that agents of the workspace may work in.
    fn root(&self, tenant: &TenantId, workspace: &WorkspaceId) -> Option<String>;
}

/// Why a callback address is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallbackRefused {
    /// The stable code.
    pub code: &'static str,
    /// What to do about it.
    pub detail: String,
}

/// Says whether a callback address may be called.
pub trait CallbackCheck: Send + Sync {
    /// Checks the address as it was sent; returns it as it is to be kept.
    ///
    /// # Errors
    /// [`CallbackRefused`].
    fn check(&self, url: &str) -> Result<String, CallbackRefused>;
}

/// Everything that the service works with.
#[derive(Clone)]
pub struct ExecutionDeps {
    /// Executions.
    pub executions: Arc<dyn ExecutionStore>,
    /// Authorizations of tools.
    pub tools: Arc<dyn ToolStore>,
    /// Adapters.
    pub adapters: AdapterRegistry,
    /// Policies.
    pub policies: Policies,
    /// Workspaces.
    pub workspaces: Arc<dyn Workspaces>,
    /// Callback addresses.
    pub callbacks: Arc<dyn CallbackCheck>,
    /// What each tenant wants redacted.
    pub redactions: Redactions,
    /// Seals what must be kept exactly.
    pub seal: Arc<dyn Seal>,
    /// Signs decision tokens and tool tokens.
    pub signer: Arc<dyn TokenSigner>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// New ids.
    pub ids: Arc<dyn IdSource>,
}

/// Numbers of the service.
#[derive(Debug, Clone, Copy)]
pub struct ExecutionConfig {
    /// How long a grant lives (reference section 9: 15 minutes).
    pub grant_life: TimeDelta,
    /// Most steps when a request names none (reference section 9: 100).
    pub default_max_steps: u32,
    /// How long a decision token is good for (reference section 10.1: 10 minutes).
    pub decision_token_life: TimeDelta,
    /// How long a tool token is good for (reference section 11: 30 seconds).
    pub tool_token_life: TimeDelta,
    /// How long a canary that was denied says that an adapter is governed.
    pub canary_window: TimeDelta,
}

impl Default for ExecutionConfig {
    fn default() -> Self {
        Self {
            grant_life: TimeDelta::minutes(15),
            default_max_steps: 100,
            decision_token_life: TimeDelta::minutes(10),
            tool_token_life: TimeDelta::seconds(30),
            canary_window: TimeDelta::minutes(10),
        }
    }
}
