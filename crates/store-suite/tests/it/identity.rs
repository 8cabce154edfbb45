//! Tenants and their API keys.

use anyhow::{Context, Result, ensure};
use chrono::TimeDelta;
use clasper_core::{AuditEntry, AuditEvent, Sha256Digest, TenantId, TenantScope};
use clasper_entity::api_key;
use clasper_identity::{ApiKey, IdentityStore, KeyCreation, KeyRevocation, TenantCreation};
use clasper_testkit::{TestDatabase, both};
use futures::future::try_join_all;
use sea_orm::sea_query::Expr;
use sea_orm::{EntityTrait, Value};
use serde_json::json;

use crate::support::entries_of;

both!(
    a_tenant_created_many_times_at_once_is_created_once,
    a_tenant_is_found_as_it_was_created,
    a_key_is_found_by_its_digest_and_listed_by_age,
    a_key_needs_its_tenant,
    a_key_is_revoked_once_and_by_its_tenant_alone,
    a_key_that_was_changed_made_up_or_lost_behind_the_log_is_noticed,
);

async fn a_tenant_created_many_times_at_once_is_created_once(db: TestDatabase) -> Result<()> {
    let replica = db.second_store().await?;
    let stores = [&db.store, &replica].into_iter().cycle().take(20);
    let id = TenantId::new("acme")?;
    let creations = stores.map(|store| {
        let (tenant, entry) = db.make.tenant(id.clone());
        store.create_tenant(tenant, entry)
    });
    let answers = try_join_all(creations).await?;
    let created = answers
        .iter()
        .filter(|a| matches!(a, TenantCreation::Created(_)));
    assert_eq!(created.count(), 1, "{answers:?}");
    let acme = TenantScope::system(id);
    assert_eq!(entries_of(&db, &acme, AuditEvent::TenantCreated).await?, 1);
    db.ensure_whole().await
}

async fn a_tenant_is_found_as_it_was_created(db: TestDatabase) -> Result<()> {
    let (mut tenant, entry) = db.make.tenant(TenantId::new("Zoë|1")?);
    tenant.time_zone = chrono_tz::Asia::Kathmandu;
    tenant.name = String::from("Zoë & Söhne 'GmbH'");
    let scope = TenantScope::system(tenant.id.clone());
    assert_eq!(db.store.find_tenant(&scope).await?, None);
    let created = db.store.create_tenant(tenant.clone(), entry).await?;
    assert_eq!(created, TenantCreation::Created(tenant.clone()));
    assert_eq!(db.store.find_tenant(&scope).await?, Some(tenant));
    Ok(())
}

/// The entry that issues `key`, as the service writes it.
fn issued(db: &TestDatabase, scope: &TenantScope, key: &ApiKey) -> AuditEntry {
    let said = json!({
        "name": key.name, "role": key.role.name(), "prefix": key.prefix,
        "fingerprint": Sha256Digest::of(key.secret_hash.as_bytes()),
    });
    AuditEntry {
        target: Some(format!("api_key:{}", key.id)),
        ..db.make.entry(scope, AuditEvent::ApiKeyCreated, &said)
    }
}

async fn a_key_is_found_by_its_digest_and_listed_by_age(db: TestDatabase) -> Result<()> {
    let acme = db.tenant("acme").await?;
    let globex = db.tenant("globex").await?;
    let mut keys = Vec::new();
    for secret in ["clk_first", "clk_second", "clk_third"] {
        let key = db.make.api_key(&acme, secret);
        let entry = issued(&db, &acme, &key);
        let created = db.store.create_api_key(&acme, key.clone(), entry).await?;
        assert_eq!(created, KeyCreation::Created);
        keys.push(key);
        db.make.clock.advance(TimeDelta::seconds(1));
    }
    let digest = Sha256Digest::of(b"clk_second");
    assert_eq!(db.store.find_api_key(digest).await?, Some(keys[1].clone()));
    assert_eq!(
        db.store
            .find_api_key(Sha256Digest::of(b"clk_other"))
            .await?,
        None
    );
    assert_eq!(db.store.list_api_keys(&acme).await?, keys);
    assert!(db.store.list_api_keys(&globex).await?.is_empty());
    assert_eq!(entries_of(&db, &acme, AuditEvent::ApiKeyCreated).await?, 3);
    db.ensure_whole().await
}

async fn a_key_needs_its_tenant(db: TestDatabase) -> Result<()> {
    let nobody = TenantScope::system(TenantId::new("nobody")?);
    let key = db.make.api_key(&nobody, "clk_stray");
    let entry = db
        .make
        .entry(&nobody, AuditEvent::ApiKeyCreated, &json!({}));
    let answer = db.store.create_api_key(&nobody, key, entry).await?;
    assert_eq!(answer, KeyCreation::NoSuchTenant);
    assert!(db.row_counts().await?.values().all(|rows| *rows == 0));
    Ok(())
}

async fn a_key_is_revoked_once_and_by_its_tenant_alone(db: TestDatabase) -> Result<()> {
    let acme = db.tenant("acme").await?;
    let globex = db.tenant("globex").await?;
    let key = db.make.api_key(&acme, "clk_one");
    let entry = issued(&db, &acme, &key);
    db.store.create_api_key(&acme, key.clone(), entry).await?;
    let revoke = async |scope: &TenantScope| {
        let mut entry = db.make.entry(scope, AuditEvent::ApiKeyRevoked, &json!({}));
        entry.target = Some(format!("api_key:{}", key.id));
        db.store
            .revoke_api_key(scope, key.id, db.make.now(), entry)
            .await
    };
    assert_eq!(revoke(&globex).await?, KeyRevocation::NoSuchKey);
    let revoked_at = db.make.now();
    let revoked = ApiKey {
        revoked_at: Some(revoked_at),
        ..key.clone()
    };
    assert_eq!(
        revoke(&acme).await?,
        KeyRevocation::Revoked(revoked.clone())
    );
    db.make.clock.advance(TimeDelta::seconds(5));
    assert_eq!(
        revoke(&acme).await?,
        KeyRevocation::AlreadyRevoked(revoked.clone())
    );
    let found = db.store.find_api_key(key.secret_hash).await?;
    assert_eq!(found.context("revoked keys are found")?, revoked);
    assert_eq!(entries_of(&db, &acme, AuditEvent::ApiKeyRevoked).await?, 1);
    assert_eq!(
        entries_of(&db, &globex, AuditEvent::ApiKeyRevoked).await?,
        0
    );
    db.ensure_whole().await
}

async fn a_key_that_was_changed_made_up_or_lost_behind_the_log_is_noticed(
    db: TestDatabase,
) -> Result<()> {
    use api_key::Column as K;
    let acme = db.tenant("acme").await?;
    let key = db.make.api_key(&acme, "clk_one");
    let entry = issued(&db, &acme, &key);
    db.store.create_api_key(&acme, key.clone(), entry).await?;
    db.ensure_whole().await?;
    let id = key.id;
    let set = async |column: K, value: Value| {
        let update = api_key::Entity::update_many().col_expr(column, Expr::value(value));
        update.exec(db.database().writer()).await
    };
    let first = async || -> Result<String> {
        let faults = &db.verify().await?.tenants[0].faults;
        Ok(faults.first().cloned().unwrap_or_default())
    };
    let created = key.created_at.timestamp_micros();
    let changes: [(K, Value, Value); 5] = [
        (K::Role, "admin".into(), key.role.name().into()),
        (K::Name, "other".into(), key.name.clone().into()),
        (
            K::SecretHash,
            vec![7u8; 32].into(),
            key.secret_hash.as_bytes().to_vec().into(),
        ),
        (K::CreatedAt, (created + 1).into(), created.into()),
        (K::RevokedAt, created.into(), Value::BigInt(None)),
    ];
    for (column, forged, original) in changes {
        set(column, forged).await?;
        let expected = format!("API key {id} is not as audit entry 2 issued it");
        let fault = first().await?;
        ensure!(fault.contains(&expected), "{column:?}: {fault}");
        set(column, original).await?;
    }
    set(K::ApiKeyId, sea_orm::prelude::Uuid::from_u128(7).into()).await?;
    let fault = first().await?;
    ensure!(
        fault.contains("no audit entry justifies API key"),
        "{fault}"
    );
    api_key::Entity::delete_many()
        .exec(db.database().writer())
        .await?;
    assert_eq!(
        first().await?,
        format!("audit entry 2 has lost API key {id}")
    );
    Ok(())
}
