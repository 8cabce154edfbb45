//! Tenants' redaction, as its users see it.

use std::fmt;
use std::sync::Arc;

use clasper_core::{
    AuditEntry, AuditEntryId, AuditEvent, Caller, Clock, DeriveKey, IdSource, Permission, Seal,
    Sha256Digest, TenantId, TenantScope, Timestamp, TraceId, canonical_json,
};
use clasper_redaction::{
    ConfigError, Counts, Finding, HashKey, RedactionConfig, Redactor, SessionVault, StrategyName,
    reidentify,
};
use moka::sync::Cache;
use serde_json::{Value, json};

use crate::config::{ConfigRecord, ConfigWrite, FixedConfig, RedactionStore};
use crate::conversation::{MOST_VALUES, opened};
use crate::guard::guarded;
use crate::{Error, Privacy, RedactionFailed};

/// The longest text of a preview, in bytes.
pub const MAX_PREVIEW_BYTES: usize = 1024 * 1024;
/// Tenants whose redaction is kept.
const CACHED_TENANTS: u64 = 10_000;
/// How long a configuration is used without looking whether another replica changed it.
const TRUSTED_MICROS: i64 = 1_000_000;
/// What the tenants' keys are derived for.
const PURPOSE: &str = "clasper redaction hash v1";

/// What a preview shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Previewed {
    /// The text as it would be written.
    pub redacted: String,
    /// What was found.
    pub findings: Vec<Finding>,
}

/// Texts of a trace with their values put back, and how many there are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevealedText {
    /// The texts, in the order in which they were given.
    pub texts: Vec<String>,
    /// Values of each kind that the trace has tokens for.
    pub counts: Counts,
}

/// What a tenant's redaction was made from.
#[derive(Clone)]
struct Known {
    revision: i64,
    privacy: Result<Privacy, RedactionFailed>,
    read_at: Timestamp,
}

/// Tenants' redaction. Cheap to clone.
#[derive(Clone)]
pub struct Redactions {
    base: Redactor,
    store: Arc<dyn RedactionStore>,
    keys: Option<Arc<dyn DeriveKey>>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
    cache: Cache<TenantId, Known>,
}

impl fmt::Debug for Redactions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redactions").finish_non_exhaustive()
    }
}

impl Redactions {
    /// `base` counts where a tenant has saved nothing; what it saves is applied over it.
    #[must_use]
    pub fn new(
        base: Redactor,
        store: Arc<dyn RedactionStore>,
        keys: Arc<dyn DeriveKey>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdSource>,
    ) -> Self {
        Self {
            base,
            store,
            keys: Some(keys),
            clock,
            ids,
            cache: Cache::new(CACHED_TENANTS),
        }
    }

    /// The same redaction for every tenant; nothing can be saved.
    #[must_use]
    pub fn fixed(base: Redactor, clock: Arc<dyn Clock>, ids: Arc<dyn IdSource>) -> Self {
        Self {
            base,
            store: Arc::new(FixedConfig::default()),
            keys: None,
            clock,
            ids,
            cache: Cache::new(CACHED_TENANTS),
        }
    }

    /// The redaction that counts for a tenant; what another replica saved counts after a second.
    ///
    /// # Errors
    /// [`Error::Store`], or [`Error::Redaction`] when what is stored cannot be used.
    pub async fn of(&self, scope: &TenantScope) -> Result<Privacy, Error> {
        let now = self.clock.now();
        let known = self.cache.get(scope.tenant());
        let age = |read_at: Timestamp| (now - read_at).num_microseconds().unwrap_or(i64::MAX);
        if let Some(known) = &known
            && (0..TRUSTED_MICROS).contains(&age(known.read_at))
        {
            return Ok(known.privacy.clone()?);
        }
        let stored = self.store.find_redaction(scope).await?;
        let revision = stored.as_ref().map_or(0, |record| record.revision);
        let privacy = match known {
            Some(known) if known.revision == revision => known.privacy,
            _ => self.read(scope.tenant(), stored.as_ref()),
        };
        let fresh = Known {
            revision,
            privacy: privacy.clone(),
            read_at: now,
        };
        self.cache.insert(scope.tenant().clone(), fresh);
        Ok(privacy?)
    }

    fn read(
        &self,
        tenant: &TenantId,
        stored: Option<&ConfigRecord>,
    ) -> Result<Privacy, RedactionFailed> {
        let Some(record) = stored else {
            return Ok(Privacy::plain(self.base.clone()));
        };
        let config = RedactionConfig::from_value(&record.document);
        config
            .and_then(|config| self.compiled(tenant, &config))
            .map_err(|_| RedactionFailed::Unusable)
    }

    fn compiled(
        &self,
        tenant: &TenantId,
        config: &RedactionConfig,
    ) -> Result<Privacy, ConfigError> {
        Privacy::of(config, self.base.clone(), self.key(tenant).as_ref())
    }

    fn key(&self, tenant: &TenantId) -> Option<HashKey> {
        let keys = self.keys.as_ref()?;
        let key = keys.derive_key(PURPOSE, tenant.as_str().as_bytes())?;
        Some(HashKey::new(key))
    }

    /// The configuration that counts; revision 0 and no members if none was saved.
    ///
    /// # Errors
    /// [`Error::Forbidden`] or [`Error::Store`].
    pub async fn get(&self, caller: &Caller) -> Result<ConfigRecord, Error> {
        require(caller, Permission::RedactionView)?;
        let stored = self.store.find_redaction(&caller.scope()).await?;
        Ok(stored.unwrap_or_else(|| ConfigRecord {
            revision: 0,
            document: json!({}),
            updated_at: Timestamp::UNIX_EPOCH,
            updated_by: "system".to_owned(),
        }))
    }

    /// Saves a configuration; it counts from the next message on. `expected` is the revision that the caller has read;
    /// `within` says where in the caller's document `config` stands, as a JSON pointer. A string is read as YAML.
    ///
    /// # Errors
    /// [`Error`]; nothing is written then.
    pub async fn put(
        &self,
        caller: &Caller,
        config: Value,
        within: &str,
        expected: Option<i64>,
    ) -> Result<ConfigRecord, Error> {
        require(caller, Permission::RedactionManage)?;
        let tenant = &caller.principal.tenant;
        let refused = |fault: ConfigError| Error::Config {
            pointer: format!("{within}{}", fault.pointer()),
            fault,
        };
        let read = match &config {
            Value::String(yaml) => RedactionConfig::from_yaml(yaml),
            value => RedactionConfig::from_value(value),
        };
        let read = read.map_err(refused)?;
        guarded(|| Ok::<_, RedactionFailed>(self.compiled(tenant, &read)))?.map_err(refused)?;
        let mut record = ConfigRecord {
            revision: 0,
            document: serde_json::to_value(&read)?,
            updated_at: self.clock.now(),
            updated_by: caller.principal.actor(),
        };
        let detail = json!({
            "config_hash": Sha256Digest::of(canonical_json(&record.document)?.as_str().as_bytes()).to_string(),
            "provider": record.document["provider"],
            "answers": record.document["answers"],
            "custom": read.custom.len(),
        });
        let event = AuditEvent::RedactionChanged;
        let entry = self.entry(caller, event, format!("redaction:{tenant}"), &detail)?;
        let scope = caller.scope();
        let saved = record.clone();
        let written = self
            .store
            .put_redaction(&scope, saved, expected, entry)
            .await;
        self.cache.invalidate(scope.tenant());
        match written? {
            ConfigWrite::Written(revision) => record.revision = revision,
            ConfigWrite::Changed => return Err(Error::Changed(expected.unwrap_or_default())),
        }
        Ok(record)
    }

    /// What the tenant's redaction makes of `text`, with another strategy if one is named. Nothing is stored.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn preview(
        &self,
        caller: &Caller,
        text: &str,
        strategy: Option<StrategyName>,
    ) -> Result<Previewed, Error> {
        require(caller, Permission::RedactionView)?;
        if text.len() > MAX_PREVIEW_BYTES {
            return Err(Error::TooLong);
        }
        let privacy = self.of(&caller.scope()).await?;
        let redactor = match strategy {
            None => privacy.redactor().clone(),
            Some(name) => {
                let key = self.key(&caller.principal.tenant);
                let strategy = name.strategy(key.as_ref());
                let strategy = strategy.ok_or(RedactionFailed::Unusable)?;
                privacy.redactor().clone().with_only_strategy(strategy)
            }
        };
        let vault = SessionVault::new(MOST_VALUES);
        let redacted = guarded(|| redactor.redact_with(text, &vault))?;
        Ok(Previewed {
            redacted: redacted.text.into_owned(),
            findings: redacted.findings,
        })
    }

    /// Puts the kept values back into texts of a trace. Who reads them is in the log before they are shown.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn reveal(
        &self,
        caller: &Caller,
        seal: &dyn Seal,
        trace: TraceId,
        texts: &[&str],
    ) -> Result<RevealedText, Error> {
        require(caller, Permission::TraceRaw)?;
        let scope = caller.scope();
        let kept = self.store.find_values(&scope, trace).await?;
        let kept = kept.ok_or(Error::NothingKept)?;
        let plain = seal.open(&values_context(scope.tenant(), trace), &kept.sealed);
        let vault = plain.as_deref().and_then(opened);
        let vault = Arc::new(vault.ok_or(RedactionFailed::Engine)?);
        let counts = Counts::of(vault.entries().iter().map(|(token, _)| token.entity()));
        let texts = texts.iter().map(|text| {
            let vault = Arc::clone(&vault);
            guarded(move || reidentify(text, vault))
        });
        let texts = texts.collect::<Result<_, _>>()?;
        let target = format!("trace:{trace}");
        let detail = json!({ "values": counts });
        let entry = self.entry(caller, AuditEvent::RawTextRead, target, &detail)?;
        self.store.record_reveal(entry).await?;
        Ok(RevealedText { texts, counts })
    }

    fn entry(
        &self,
        caller: &Caller,
        event: AuditEvent,
        target: String,
        detail: &Value,
    ) -> Result<AuditEntry, Error> {
        Ok(AuditEntry {
            id: AuditEntryId::generate(&*self.ids),
            tenant: caller.principal.tenant.clone(),
            workspace: None,
            trace: Some(caller.trace),
            user: caller.principal.user.clone(),
            actor: caller.principal.actor(),
            event,
            target: Some(target),
            detail: canonical_json(detail)?,
            occurred_at: self.clock.now(),
        })
    }
}

/// What the sealed values of a trace are bound to.
#[must_use]
pub fn values_context(tenant: &TenantId, trace: TraceId) -> Vec<u8> {
    format!("values/{tenant}/{trace}").into_bytes()
}

const fn require(caller: &Caller, permission: Permission) -> Result<(), Error> {
    if caller.may(permission) {
        Ok(())
    } else {
        Err(Error::Forbidden(permission))
    }
}
