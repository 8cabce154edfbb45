//! The use cases of executions.

mod allow_always;
mod backtest;
mod config;
mod due;
mod error;
mod evaluate;
mod judge;
mod list;
mod posture;
mod request;
mod resolve;
mod tool_list;
mod tools;
mod unredacted;
mod wait;

use std::fmt;
use std::sync::Arc;

use clasper_core::{Caller, PermissionSet, Principal, TenantScope, TraceId};
use clasper_identity::AdapterPrincipal;

pub use allow_always::{AllowAlways, DEFAULT_ALLOW_ALWAYS};
pub use backtest::{Backtest, BacktestStep, BacktestSummary, Flip, MOST_BACKTEST_DAYS};
pub use config::{CallbackCheck, CallbackRefused, ExecutionConfig, ExecutionDeps, Workspaces};
pub use error::Error;
pub use evaluate::{DryRun, Foretold};
pub use posture::{AdapterPosture, Canary, EnforcementStatus, GovernanceMode, PostureReason};
pub use request::{Answer, ExecutionRequest};
pub use resolve::{OverrideRequest, ResolveRequest};
pub use tools::{ToolAnswer, ToolRequest, ToolUse};

use crate::execution::{Actor, DecisionTokens};
use crate::service::wait::Waiters;

/// An adapter with the request it makes.
#[derive(Debug, Clone)]
pub struct AdapterCaller {
    /// Who asks.
    pub principal: AdapterPrincipal,
    /// The id for the trace of what this request does; never used before.
    pub trace: TraceId,
}

impl AdapterCaller {
    /// The scope of its queries.
    #[must_use]
    pub fn scope(&self) -> TenantScope {
        self.caller().scope()
    }

    /// The adapter as a caller without permissions: what it may do, its token's capabilities and the policies say.
    #[must_use]
    pub fn caller(&self) -> Caller {
        Caller {
            principal: Principal {
                tenant: self.principal.tenant.clone(),
                user: None,
                permissions: PermissionSet::EMPTY,
                credential: self.principal.credential,
                allowed_tools: None,
            },
            trace: self.trace,
        }
    }

    fn actor(&self) -> Actor {
        Actor {
            name: self.principal.actor(),
            user: None,
        }
    }
}

/// Decides executions, lets people resolve them and adapters claim them. Cheap to clone; clones share everything.
#[derive(Clone)]
pub struct Executions {
    inner: Arc<Inner>,
}

struct Inner {
    deps: ExecutionDeps,
    config: ExecutionConfig,
    tokens: DecisionTokens,
    waiters: Waiters,
}

impl fmt::Debug for Executions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Executions").finish_non_exhaustive()
    }
}

impl Executions {
    /// The service over its ports.
    #[must_use]
    pub fn new(deps: ExecutionDeps, config: ExecutionConfig) -> Self {
        let tokens = DecisionTokens::new(Arc::clone(&deps.signer), config.decision_token_life);
        Self {
            inner: Arc::new(Inner {
                tokens,
                deps,
                config,
                waiters: Waiters::default(),
            }),
        }
    }
}
