//! The signed audit log: its key, who signs it as it grows, and who answers for it.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};
use clasper_auth::AeadSeal;
use clasper_core::{Clock, StoreError, TenantId, Timestamp};
use clasper_evidence::{
    AuditLog, AuditLogDeps, KeyPair, KeySource, LogSigner, LogSignerDeps, SEED_BYTES, SignError,
    adopt_key,
};
use clasper_store::Store;

use crate::config::Config;

/// Signs and answers.
pub struct Evidence {
    /// Answers for the logs.
    pub log: AuditLog,
    /// Signs them.
    pub checkpointer: Checkpointer,
    /// The key in use.
    pub key: KeyPair,
}

/// The key that signs, as configured. A key of another configuration is retired.
async fn signing_key(
    config: &Config,
    store: &Store,
    seal: &AeadSeal,
    now: Timestamp,
) -> Result<KeyPair> {
    let configured = config.audit.seed()?;
    let mut fresh = [0; SEED_BYTES];
    getrandom::fill(&mut fresh).context("no randomness for a signing key")?;
    let fresh = &fresh;
    let source = match &configured {
        Some(seed) => KeySource::Configured(seed),
        None => KeySource::Kept { seal, fresh },
    };
    Ok(adopt_key(store, source, now).await?)
}

/// Puts the parts together. The signing key is settled here: a server that cannot sign does not start.
pub async fn evidence(
    config: &Config,
    store: &Arc<Store>,
    seal: &Arc<AeadSeal>,
    clock: &Arc<dyn Clock>,
) -> Result<Evidence> {
    let key = signing_key(config, store, seal, clock.now()).await?;
    let name: Arc<str> = config.audit.log_name.as_str().into();
    let log = AuditLog::new(AuditLogDeps {
        entries: store.clone(),
        log: store.clone(),
        name: name.clone(),
        clock: clock.clone(),
    });
    let signer = LogSigner::new(LogSignerDeps {
        entries: store.clone(),
        log: store.clone(),
        key: key.clone(),
        name,
        clock: clock.clone(),
    });
    Ok(Evidence {
        log,
        checkpointer: Checkpointer {
            signer,
            told: Arc::default(),
        },
        key,
    })
}

/// Signs logs round by round, and says once of each log that it cannot be signed.
#[derive(Clone)]
pub struct Checkpointer {
    signer: LogSigner,
    told: Arc<Mutex<HashSet<TenantId>>>,
}

impl Checkpointer {
    /// Signs every log that has grown.
    pub async fn tick(&self) -> Result<(), StoreError> {
        let round = match self.signer.sign_all().await {
            Ok(round) => round,
            Err(SignError::Store(error)) => return Err(error),
            Err(error) => {
                tracing::error!(error = %error, "no audit log can be signed");
                return Ok(());
            }
        };
        let mut failed = None;
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.retain(|tenant| round.refused.iter().any(|(refused, _)| refused == tenant));
        for (tenant, error) in round.refused {
            match error {
                SignError::Store(error) => failed = Some(error),
                // Others sign it: the next round sees it signed.
                SignError::Contended => {}
                error => {
                    if told.insert(tenant.clone()) {
                        tracing::error!(%tenant, error = %error, "an audit log cannot be signed: run `clasperd audit verify`");
                    }
                }
            }
        }
        failed.map_or(Ok(()), Err)
    }
}
