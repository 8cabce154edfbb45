//! Decisions about what others execute: policies, adapters, executions.

use std::sync::Arc;

use anyhow::{Context, Result};
use chrono::TimeDelta;
use clasper_auth::{AeadSeal, CapabilityTokens};
use clasper_core::{Clock, IdSource, TenantId, WorkspaceId};
use clasper_delegated::adapter::{AdapterKeys, AdapterRegistry};
use clasper_delegated::{CallbackCheck, ExecutionConfig, ExecutionDeps, Executions, Workspaces};
use clasper_identity::SystemSecrets;
use clasper_policy::{BundleScope, Policies, pack};
use clasper_privacy::Redactions;
use clasper_store::Store;

use crate::config::Config;
use crate::subsystem;

/// The rules that every tenant has before it installs any.
const BUILTIN_PACK: &str = "clasper-base";

/// Policies, adapters and executions over the store.
pub struct Decisions {
    /// Policies.
    pub policies: Policies,
    /// Adapters.
    pub adapters: AdapterRegistry,
    /// Keys of adapters.
    pub adapter_keys: AdapterKeys,
    /// Executions.
    pub executions: Executions,
}

/// The workspaces' folders on the adapters' machines, as an operator configured them.
struct ConfiguredRoots {
    root: Option<String>,
}

impl Workspaces for ConfiguredRoots {
    fn root(&self, _: &TenantId, workspace: &WorkspaceId) -> Option<String> {
        let root = self.root.as_deref()?;
        Some(root.replace("{workspace_id}", workspace.as_str()))
    }
}

/// Puts the parts together.
pub fn decisions(
    config: &Config,
    store: &Arc<Store>,
    seal: &Arc<AeadSeal>,
    redactions: &Redactions,
    callbacks: Arc<dyn CallbackCheck>,
    clock: &Arc<dyn Clock>,
    ids: &Arc<dyn IdSource>,
) -> Result<Decisions> {
    let builtin = pack(BUILTIN_PACK)
        .context("the built-in policies are missing")?
        .to_bundle(BundleScope::default());
    let policies = Policies::new(store.clone(), &builtin, clock.clone(), ids.clone())
        .context("the built-in policies cannot be compiled")?;
    let adapters = AdapterRegistry::new(store.clone(), clock.clone(), ids.clone());
    let adapter_keys = AdapterKeys::new(
        store.clone(),
        adapters.clone(),
        Arc::new(SystemSecrets),
        clock.clone(),
        ids.clone(),
    );
    let signer = CapabilityTokens::from_secret(&subsystem::agent_secret(config))?;
    let window = i64::from(config.agent.canary_window_secs);
    let executions = Executions::new(
        ExecutionDeps {
            executions: store.clone(),
            tools: store.clone(),
            adapters: adapters.clone(),
            policies: policies.clone(),
            workspaces: Arc::new(ConfiguredRoots {
                root: config.agent.execution_root.clone(),
            }),
            callbacks,
            redactions: redactions.clone(),
            seal: seal.clone(),
            signer: Arc::new(signer),
            clock: clock.clone(),
            ids: ids.clone(),
        },
        ExecutionConfig {
            canary_window: TimeDelta::seconds(window),
            ..ExecutionConfig::default()
        },
    );
    Ok(Decisions {
        policies,
        adapters,
        adapter_keys,
        executions,
    })
}
