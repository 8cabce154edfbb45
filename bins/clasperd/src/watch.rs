//! What happens to the server itself, told to the log in few words: starts and stops, changes of the configuration, credentials that were
//! refused, requests beyond the limit. What anybody can cause is counted and told once a minute, so that nobody can fill a log with it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};
use async_trait::async_trait;
use clasper_core::{
    AuditEntry, AuditEntryId, AuditEvent, Classify, Clock, ErrorKind, IdSource, InstanceId,
    Principal, Sha256Digest, StoreError, TenantId, TenantScope, Timestamp, canonical_json,
    wire_time,
};
use clasper_evidence::{AuditFilter, AuditStore};
use clasper_http::CredentialLimiter;
use clasper_identity::{
    AdapterPrincipal, AuthError, Authentication, Authenticator, Identity, Presented,
};
use clasper_store_log::{OldCheckpoints, ServerEvents};
use serde_json::{Value, json};

use crate::config::Config;

/// What the watch works with.
#[derive(Clone)]
pub struct WatchDeps {
    /// Takes entries.
    pub events: ServerEvents,
    /// Forgets checkpoints that have had their time.
    pub old_checkpoints: OldCheckpoints,
    /// Reads them.
    pub audit: Arc<dyn AuditStore>,
    /// Brings the server's own tenant into being.
    pub identity: Identity,
    /// Counts requests beyond the limit.
    pub limiter: CredentialLimiter,
    /// This process.
    pub instance: InstanceId,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// New ids.
    pub ids: Arc<dyn IdSource>,
}

/// Counts, and tells the log. Cheap to clone.
#[derive(Clone)]
pub struct Watch {
    deps: Arc<WatchDeps>,
    refused: Arc<Mutex<Refused>>,
}

/// Credentials that were refused, by the reason's code.
struct Refused {
    since: Timestamp,
    reasons: BTreeMap<&'static str, u64>,
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").finish_non_exhaustive()
    }
}

impl Watch {
    /// A watch that has seen nothing yet.
    pub fn new(deps: WatchDeps) -> Self {
        let refused = Refused {
            since: deps.clock.now(),
            reasons: BTreeMap::new(),
        };
        Self {
            deps: Arc::new(deps),
            refused: Arc::new(Mutex::new(refused)),
        }
    }

    /// `authenticator`, with its refusals counted.
    pub fn over(&self, authenticator: Arc<dyn Authenticator>) -> Arc<dyn Authenticator> {
        Arc::new(Watched {
            authenticator,
            refused: self.refused.clone(),
        })
    }

    /// Tells that the server starts, and which sections of its configuration are not those of the last start.
    pub async fn begin(&self, config: &Config, database: &str) -> Result<()> {
        let deps = &*self.deps;
        deps.identity.ensure_server_tenant().await?;
        let sections = sections(config)?;
        let filter = AuditFilter {
            event: Some(AuditEvent::SystemStartup),
            limit: 1,
            ..AuditFilter::default()
        };
        let scope = TenantScope::system(TenantId::server());
        let last = deps.audit.list_audit(&scope, &filter).await?;
        let last = last.items.first().map(|last| last.entry.detail.as_str());
        let mut entries = Vec::new();
        if let Some(last) = last {
            let last: Value = serde_json::from_str(last).unwrap_or_default();
            let changed = |name: &&String| last["configuration"][name.as_str()] != sections[*name];
            let changed: Vec<&String> = sections.keys().filter(changed).collect();
            if !changed.is_empty() {
                let said = json!({"sections": changed});
                entries.push(self.entry(&TenantId::server(), AuditEvent::ConfigChange, &said)?);
            }
        }
        let said = json!({
            "version": env!("CARGO_PKG_VERSION"),
            "database": database,
            "instance_id": deps.instance.to_string(),
            "configuration": sections,
        });
        entries.push(self.entry(&TenantId::server(), AuditEvent::SystemStartup, &said)?);
        deps.events.record(entries).await?;
        Ok(())
    }

    /// Tells that the server stops, and what was counted last.
    pub async fn end(&self) -> Result<()> {
        self.tick().await?;
        let deps = &*self.deps;
        let said = json!({"instance_id": deps.instance.to_string()});
        let entry = self.entry(&TenantId::server(), AuditEvent::SystemShutdown, &said)?;
        deps.events.record(vec![entry]).await?;
        Ok(())
    }

    /// Tells what was counted since the last time.
    pub async fn tick(&self) -> Result<(), StoreError> {
        let deps = &*self.deps;
        let now = deps.clock.now();
        let (since, reasons) = {
            let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
            let since = std::mem::replace(&mut refused.since, now);
            (since, std::mem::take(&mut refused.reasons))
        };
        let mut entries = Vec::new();
        let mut add = |tenant: &TenantId, event, said: Value| {
            let entry = self.entry(tenant, event, &said);
            entry.map(|entry| entries.push(entry)).map_err(unspeakable)
        };
        if !reasons.is_empty() {
            let said = json!({"since": wire_time(since), "refused": reasons});
            add(&TenantId::server(), AuditEvent::AuthFailure, said)?;
        }
        for (tenant, count) in deps.limiter.take_refused() {
            let said = json!({"since": wire_time(since), "requests": count});
            let tenant = tenant.unwrap_or_else(TenantId::server);
            add(&tenant, AuditEvent::RateLimitExceeded, said)?;
        }
        if !entries.is_empty() {
            deps.events.record(entries).await?;
        }
        Ok(())
    }

    /// Forgets checkpoints that have had their time.
    pub async fn forget_old_checkpoints(&self) -> Result<(), StoreError> {
        let now = self.deps.clock.now();
        let forgotten = self.deps.old_checkpoints.forget(now).await?;
        if forgotten > 0 {
            tracing::debug!(forgotten, "old checkpoints were forgotten");
        }
        Ok(())
    }

    fn entry(
        &self,
        tenant: &TenantId,
        event: AuditEvent,
        said: &Value,
    ) -> Result<AuditEntry, serde_json::Error> {
        let deps = &*self.deps;
        Ok(AuditEntry {
            id: AuditEntryId::generate(&*deps.ids),
            tenant: tenant.clone(),
            workspace: None,
            trace: None,
            user: None,
            actor: Principal::system(tenant.clone()).actor(),
            event,
            target: Some(format!("instance:{}", deps.instance)),
            detail: canonical_json(said)?,
            occurred_at: deps.clock.now(),
        })
    }
}

fn unspeakable(error: serde_json::Error) -> StoreError {
    StoreError::Refused(Box::new(error))
}

/// The hash of each section of the configuration, with secrets masked: it says that something changed, not what it is.
fn sections(config: &Config) -> Result<BTreeMap<String, String>> {
    let whole = serde_json::to_value(config).context("the configuration has no JSON form")?;
    let mut sections = BTreeMap::new();
    for (name, section) in whole.as_object().into_iter().flatten() {
        let text = canonical_json(section).context("the configuration has no JSON form")?;
        let hash = Sha256Digest::of(text.as_str().as_bytes());
        sections.insert(name.clone(), hash.to_string());
    }
    Ok(sections)
}

/// Counts what is refused.
struct Watched {
    authenticator: Arc<dyn Authenticator>,
    refused: Arc<Mutex<Refused>>,
}

impl Watched {
    fn count<T>(&self, result: Result<T, AuthError>) -> Result<T, AuthError> {
        if let Err(error) = &result
            && matches!(
                error.kind(),
                ErrorKind::Unauthenticated | ErrorKind::Forbidden
            )
        {
            let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
            *refused.reasons.entry(error.code()).or_default() += 1;
        }
        result
    }
}

#[async_trait]
impl Authenticator for Watched {
    async fn authenticate(&self, presented: Presented<'_>) -> Result<Authentication, AuthError> {
        self.count(self.authenticator.authenticate(presented).await)
    }

    async fn authenticate_adapter(&self, token: &str) -> Result<AdapterPrincipal, AuthError> {
        self.count(self.authenticator.authenticate_adapter(token).await)
    }
}
