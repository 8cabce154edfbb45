//! Decisions about what others execute: policies, adapters, executions.

use std::sync::Arc;

use anyhow::{Context, Result};
use clasper_auth::AeadSeal;
use clasper_core::{Clock, IdSource, TenantId, WorkspaceId};
use clasper_delegated::adapter::{AdapterKeys, AdapterRegistry};
use clasper_delegated::{CallbackCheck, ExecutionConfig, ExecutionDeps, Executions, Workspaces};
use clasper_identity::SystemSecrets;
use clasper_policy::{BundleScope, Policies, pack};
use clasper_privacy::Redactions;
use clasper_store::Store;

use crate::config::Config;

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
    let executions = Executions::new(
        ExecutionDeps {
            executions: store.clone(),
            adapters: adapters.clone(),
            policies: policies.clone(),
            workspaces: Arc::new(ConfiguredRoots {
                root: config.agent.execution_root.clone(),
            }),
            callbacks,
            redactions: redactions.clone(),
            seal: seal.clone(),
            clock: clock.clone(),
            ids: ids.clone(),
        },
        ExecutionConfig::default(),
    );
    Ok(Decisions {
        policies,
        adapters,
        adapter_keys,
        executions,
    })
}
