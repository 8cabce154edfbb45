//! What is in force, compiled.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::bundle::CompiledBundle;
use crate::effective::EffectivePolicy;
use crate::fault::PolicyFault;
use crate::lifecycle::store::TenantPolicies;

/// A tenant's policies as of one governance revision, compiled. Share it behind an `Arc`.
#[derive(Debug)]
pub struct InForce {
    /// What was read.
    pub policies: TenantPolicies,
    compiled: Vec<Arc<CompiledBundle>>,
    /// Which bundles apply where; made on first use, a handful per tenant.
    effective: Mutex<HashMap<Place, Arc<EffectivePolicy>>>,
}

type Place = (Option<String>, Option<String>);

impl InForce {
    /// Compiles what is in force, taking over what `before` has compiled already.
    pub(super) fn compile(
        policies: TenantPolicies,
        builtin: &Arc<CompiledBundle>,
        before: Option<&Self>,
    ) -> Result<Self, Vec<PolicyFault>> {
        let mut compiled = vec![Arc::clone(builtin)];
        for active in &policies.bundles {
            let known = before.and_then(|before| {
                let is_same = |bundle: &&Arc<CompiledBundle>| {
                    bundle.bundle_hash() == active.bundle.hash
                        && bundle.name() == active.bundle.source.name
                };
                before.compiled.iter().find(is_same).cloned()
            });
            compiled.push(match known {
                Some(known) => known,
                None => Arc::new(CompiledBundle::compile(&active.bundle.source)?),
            });
        }
        Ok(Self {
            policies,
            compiled,
            effective: Mutex::default(),
        })
    }

    /// The policies in force in this workspace and environment.
    #[must_use]
    pub fn at(&self, workspace: Option<&str>, environment: Option<&str>) -> Arc<EffectivePolicy> {
        let applies = |wanted: &Option<String>, here: Option<&str>| {
            wanted.as_deref().is_none_or(|wanted| Some(wanted) == here)
        };
        let scoped: Vec<Arc<CompiledBundle>> = self
            .policies
            .bundles
            .iter()
            .zip(self.compiled.iter().skip(1))
            .filter(|(active, _)| {
                let scope = &active.bundle.source.scope;
                applies(&scope.workspace, workspace) && applies(&scope.environment, environment)
            })
            .map(|(_, compiled)| Arc::clone(compiled))
            .collect();
        // Places differ only where a bundle names them, so the key is what the bundles tell apart.
        let named = |here: Option<&str>, of: fn(&crate::BundleScope) -> &Option<String>| {
            let is_named = self
                .policies
                .bundles
                .iter()
                .any(|active| of(&active.bundle.source.scope).as_deref() == here);
            here.filter(|_| is_named).map(str::to_owned)
        };
        let place = (
            named(workspace, |scope| &scope.workspace),
            named(environment, |scope| &scope.environment),
        );
        let mut effective = self
            .effective
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let policy = effective.entry(place).or_insert_with(|| {
            let all = self.compiled.iter().take(1).cloned().chain(scoped);
            Arc::new(EffectivePolicy::new(all.collect()))
        });
        Arc::clone(policy)
    }
}
