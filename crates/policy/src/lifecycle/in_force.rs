//! What is in force, compiled.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use clasper_core::Timestamp;

use crate::bundle::{CompiledBundle, PolicySource};
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
    /// When the next policy ends, and this is no longer what is in force.
    ends_at: Option<Timestamp>,
}

type Place = (Option<String>, Option<String>);

impl InForce {
    /// Compiles what is in force at `now`, taking over what `before` has compiled already.
    pub(super) fn compile(
        policies: TenantPolicies,
        builtin: &Arc<CompiledBundle>,
        before: Option<&Self>,
        now: Timestamp,
    ) -> Result<Self, Vec<PolicyFault>> {
        let mut compiled = vec![Arc::clone(builtin)];
        let mut ends_at: Option<Timestamp> = None;
        for active in &policies.bundles {
            let ends = || {
                active
                    .bundle
                    .source
                    .members
                    .iter()
                    .filter_map(PolicySource::expires_at)
            };
            let next = ends().filter(|end| *end > now).min();
            ends_at = ends_at.into_iter().chain(next).min();
            if ends().any(|end| end <= now) {
                let mut source = active.bundle.source.clone();
                source
                    .members
                    .retain(|policy| policy.expires_at().is_none_or(|end| end > now));
                compiled.push(Arc::new(CompiledBundle::compile(&source)?));
                continue;
            }
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
            ends_at,
        })
    }

    /// Whether a policy has ended since it was compiled.
    pub(super) fn has_ended(&self, now: Timestamp) -> bool {
        self.ends_at.is_some_and(|end| end <= now)
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
