//! Prices of a tenant's own.

use std::sync::Arc;

use anyhow::Result;
use clasper_core::{AuditEvent, ManualClock, Role, SystemIds};
use clasper_governance::{PriceTable, Tariff, TenantPrices};
use clasper_testkit::{TestDatabase, both};

use crate::replica::person;
use crate::support::entries_of;

both!(a_price_is_kept_with_its_entry_and_for_its_tenant_alone);

async fn a_price_is_kept_with_its_entry_and_for_its_tenant_alone(db: TestDatabase) -> Result<()> {
    let (acme, globex) = (db.tenant("acme").await?, db.tenant("globex").await?);
    let clock = Arc::new(ManualClock::at(db.make.now()));
    let store = Arc::new(db.store.clone());
    let prices = || {
        let (store, clock) = (store.clone(), clock.clone());
        TenantPrices::new(PriceTable::default(), store, clock, Arc::new(SystemIds))
    };
    let (here, elsewhere) = (prices(), prices());
    assert!(elsewhere.of(&acme).await?.get("house/llama").is_err());
    let admin = person(&acme, "ops", Role::Admin);
    let tariff = |input: &str| -> Result<Tariff> {
        Ok(Tariff {
            input_usd_per_million: input.parse()?,
            output_usd_per_million: "3".parse()?,
            cached_input_usd_per_million: Some("0.075".parse()?),
        })
    };
    here.set(&admin, "house/llama", tariff("1")?).await?;
    here.set(&admin, "house/llama", tariff("2.5")?).await?;
    let now = here.of(&acme).await?.get("house/llama")?;
    assert_eq!(now.input_usd_per_million.to_string(), "2.5");
    assert!(here.of(&globex).await?.get("house/llama").is_err());
    clock.advance(chrono::TimeDelta::seconds(1));
    assert_eq!(elsewhere.of(&acme).await?.get("house/llama")?, now);
    let listed = here.list(&admin).await?;
    assert_eq!((listed.len(), listed[0].tariff), (1, tariff("2.5")?));
    here.remove(&admin, "house/llama").await?;
    assert!(here.remove(&admin, "house/llama").await.is_err());
    assert!(here.of(&acme).await?.get("house/llama").is_err());
    assert_eq!(entries_of(&db, &acme, AuditEvent::PriceChanged).await?, 3);
    db.ensure_whole().await
}
