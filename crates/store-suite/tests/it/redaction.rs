//! What tenants want redacted, and the values behind the tokens of traces.

use std::sync::Arc;

use anyhow::{Context, Result};
use clasper_core::{AuditEvent, DeriveKey, ManualClock, Role, SystemIds, Usd};
use clasper_privacy::{RedactionStore, Redactions};
use clasper_redaction::Redactor;
use clasper_runtime::run::{Charge, RunStore};
use clasper_testkit::{TestDatabase, both, usd};
use serde_json::json;

use crate::replica::person;
use crate::support::entries_of;

both!(
    a_configuration_is_kept_with_its_entry_for_its_tenant_alone_and_reaches_every_replica,
    of_two_that_save_over_the_same_revision_one_is_told,
    the_values_of_a_trace_are_kept_with_its_settlement,
);

struct Keys;

impl DeriveKey for Keys {
    fn derive_key(&self, _: &str, _: &[u8]) -> Option<[u8; 32]> {
        Some([7; 32])
    }
}

fn redactions(db: &TestDatabase, clock: &Arc<ManualClock>) -> Redactions {
    let store = Arc::new(db.store.clone());
    let (base, keys) = (Redactor::standard(), Arc::new(Keys));
    Redactions::new(base, store, keys, clock.clone(), Arc::new(SystemIds))
}

async fn a_configuration_is_kept_with_its_entry_for_its_tenant_alone_and_reaches_every_replica(
    db: TestDatabase,
) -> Result<()> {
    let (acme, globex) = (db.tenant("acme").await?, db.tenant("globex").await?);
    let clock = Arc::new(ManualClock::at(db.make.now()));
    let (here, elsewhere) = (redactions(&db, &clock), redactions(&db, &clock));
    let text = "bob@example.com 10.0.0.1";
    let masked = elsewhere.of(&acme).await?.words(text)?.into_owned();
    assert_eq!(masked, "[EMAIL] [IP]");
    let admin = person(&acme, "ops", Role::Admin);
    let config = json!({"pii": {"patterns": ["EMAIL"], "strategy": "drop"}});
    let first = here.put(&admin, json!({}), "", None).await?;
    let second = here.put(&admin, config, "", Some(1)).await?;
    assert_eq!((first.revision, second.revision), (1, 2));
    assert_eq!(here.of(&acme).await?.words(text)?, " 10.0.0.1");
    assert_eq!(here.of(&globex).await?.words(text)?, masked);
    assert_eq!(elsewhere.of(&acme).await?.words(text)?, masked);
    clock.advance(chrono::TimeDelta::seconds(1));
    assert_eq!(elsewhere.of(&acme).await?.words(text)?, " 10.0.0.1");
    assert_eq!(elsewhere.get(&admin).await?, second);
    assert!(here.put(&admin, json!({"x": 1}), "", None).await.is_err());
    assert_eq!(
        entries_of(&db, &acme, AuditEvent::RedactionChanged).await?,
        2
    );
    db.ensure_whole().await
}

async fn of_two_that_save_over_the_same_revision_one_is_told(db: TestDatabase) -> Result<()> {
    let acme = db.tenant("acme").await?;
    let clock = Arc::new(ManualClock::at(db.make.now()));
    let (here, there) = (redactions(&db, &clock), redactions(&db, &clock));
    let admin = person(&acme, "ops", Role::Admin);
    let (one, other) = tokio::join!(
        here.put(&admin, json!({"provider": "redact"}), "", Some(0)),
        there.put(&admin, json!({"provider": "tokenise"}), "", Some(0)),
    );
    assert!(one.is_ok() != other.is_ok());
    let lost = one.err().or(other.err()).context("one has lost")?;
    assert_eq!(clasper_core::Classify::code(&lost), "redaction_changed");
    assert_eq!(
        entries_of(&db, &acme, AuditEvent::RedactionChanged).await?,
        1
    );
    db.ensure_whole().await
}

async fn the_values_of_a_trace_are_kept_with_its_settlement(db: TestDatabase) -> Result<()> {
    let (acme, globex) = (
        db.tenant_with_budget("acme", usd("1")).await?,
        db.tenant("globex").await?,
    );
    let run = db.make.opening(&acme, usd("0.25"));
    db.store.open_run(run.clone()).await?;
    let mut settlement = db.make.settlement(&run, Charge::Actual(Usd::ZERO));
    settlement.kept_values = Some(b"sealed".to_vec());
    db.store.settle_run(settlement).await?;
    let kept = db.store.find_values(&acme, run.trace).await?;
    assert_eq!(kept.context("they are kept")?.sealed, b"sealed");
    assert!(db.store.find_values(&globex, run.trace).await?.is_none());
    db.ensure_whole().await
}
