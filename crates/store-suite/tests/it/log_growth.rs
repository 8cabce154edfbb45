//! Signing has an end, however much is appended meanwhile.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::Result;
use async_trait::async_trait;
use clasper_core::{ChainHead, LoggedEntry, Page, StoreError, TenantScope};
use clasper_evidence::{
    AuditFilter, AuditStore, KeyPair, KeySource, LogSigner, LogSignerDeps, adopt_key,
};
use clasper_testkit::{TestDatabase, both};

use crate::evidence::{NAME, SEED, clock, grow};

both!(a_log_that_never_stops_growing_is_signed_once_a_round);

/// A log to which somebody appends whenever its head is read, ten times at most.
struct Growing {
    db: Arc<TestDatabase>,
    reads: AtomicUsize,
}

#[async_trait]
impl AuditStore for Growing {
    async fn list_audit(
        &self,
        scope: &TenantScope,
        filter: &AuditFilter,
    ) -> Result<Page<LoggedEntry>, StoreError> {
        self.db.store.list_audit(scope, filter).await
    }

    async fn read_log(
        &self,
        scope: &TenantScope,
        after: i64,
        limit: u32,
    ) -> Result<Vec<LoggedEntry>, StoreError> {
        self.db.store.read_log(scope, after, limit).await
    }

    async fn head(&self, scope: &TenantScope) -> Result<ChainHead, StoreError> {
        if self.reads.fetch_add(1, Ordering::Relaxed) < 10 {
            let grown = grow(&self.db, scope, 1).await;
            grown.map_err(|error| StoreError::Unavailable(error.into()))?;
        }
        self.db.store.head(scope).await
    }
}

async fn a_log_that_never_stops_growing_is_signed_once_a_round(db: TestDatabase) -> Result<()> {
    let acme = db.tenant("acme").await?;
    adopt_key(&db.store, KeySource::Configured(&SEED), db.make.now()).await?;
    grow(&db, &acme, 2).await?;
    let before = db.store.head(&acme).await?;
    let db = Arc::new(db);
    let log = LogSigner::new(LogSignerDeps {
        entries: Arc::new(Growing {
            db: Arc::clone(&db),
            reads: AtomicUsize::new(0),
        }),
        log: Arc::new(db.store.clone()),
        key: KeyPair::from_seed(&SEED)?,
        name: NAME.into(),
        clock: clock(&db),
    });
    let signed = i64::try_from(log.sign(acme.tenant()).await?)?;
    let more = signed - before.seq;
    assert_eq!(more, 1, "the entry before the first look at the head");
    assert!(db.store.head(&acme).await?.seq > signed, "it has grown");
    Ok(())
}
