//! Keys of adapters, and how adapters stand at the door.

use std::sync::Arc;

use anyhow::Result;
use chrono::TimeDelta;
use clasper_core::{AdapterId, AuditEvent, Role, Sha256Digest, SystemIds, WorkspaceId};
use clasper_delegated::Error;
use clasper_delegated::adapter::{AdapterChange, AdapterKeys, Registration};
use clasper_evidence::{AuditFilter, AuditStore};
use clasper_governance::risk::AdapterRiskClass;
use clasper_identity::{AdapterDirectory, AdapterKey, SystemSecrets};
use clasper_testkit::{TestDatabase, both};
use secrecy::{ExposeSecret, SecretString};

use crate::replica::{Replica, adapter, governed, person};
use crate::support::entries_of;

both!(
    a_key_is_found_by_its_secret_only,
    a_rotation_ends_the_keys_before_it,
    a_revocation_takes_every_key_and_disables_the_adapter,
    keys_stay_within_their_tenant,
    an_adapter_and_the_key_it_is_given_are_one_commit
);

fn keys(db: &TestDatabase, replica: &Replica) -> AdapterKeys {
    AdapterKeys::new(
        Arc::new(db.store.clone()),
        replica.adapters.clone(),
        Arc::new(SystemSecrets),
        replica.clock.clone(),
        Arc::new(SystemIds),
    )
}

fn openclaw() -> AdapterId {
    AdapterId::new("openclaw").expect("a name")
}

async fn find(db: &TestDatabase, secret: &SecretString) -> Result<Option<AdapterKey>> {
    let hash = Sha256Digest::of(secret.expose_secret().as_bytes());
    Ok(db.store.find_adapter_key(hash).await?)
}

async fn a_key_is_found_by_its_secret_only(db: TestDatabase) -> Result<()> {
    let scope = db.tenant("acme").await?;
    let replica = governed(&db, &scope).await?;
    let (key, secret) = keys(&db, &replica).rotate_own(&adapter(&scope)).await?;
    assert_eq!(find(&db, &secret).await?, Some(key));
    assert_eq!(find(&db, &"cla_other".into()).await?, None);
    let standing = db
        .store
        .adapter_standing(scope.tenant(), &openclaw())
        .await?;
    let standing = standing.expect("registered");
    assert!(standing.enabled);
    assert_eq!(standing.capabilities, ["exec", "read"]);
    assert_eq!(
        entries_of(&db, &scope, AuditEvent::AdapterKeyIssued).await?,
        1
    );
    db.ensure_whole().await
}

async fn a_rotation_ends_the_keys_before_it(db: TestDatabase) -> Result<()> {
    let scope = db.tenant("acme").await?;
    let replica = governed(&db, &scope).await?;
    let keys = keys(&db, &replica);
    let caller = adapter(&scope);
    let (first, first_secret) = keys.rotate_own(&caller).await?;
    replica.clock.advance(TimeDelta::minutes(1));
    let (second, _) = keys.rotate_own(&caller).await?;
    let end = second.created_at + TimeDelta::minutes(15);
    let known = find(&db, &first_secret).await?.expect("kept");
    assert_eq!(known.expires_at, Some(end));
    assert!(known.is_good(end - TimeDelta::seconds(1)) && !known.is_good(end));
    // A third does not give the first more time.
    replica.clock.advance(TimeDelta::minutes(1));
    keys.rotate_own(&caller).await?;
    let known = find(&db, &first_secret).await?.expect("kept");
    assert_eq!((known.expires_at, known.id), (Some(end), first.id));
    db.ensure_whole().await
}

async fn a_revocation_takes_every_key_and_disables_the_adapter(db: TestDatabase) -> Result<()> {
    let scope = db.tenant("acme").await?;
    let replica = governed(&db, &scope).await?;
    let keys = keys(&db, &replica);
    let root = person(&scope, "root", Role::Admin);
    let main = WorkspaceId::new("main")?;
    keys.issue_to(&root, &openclaw(), main.clone()).await?;
    keys.issue_to(&root, &openclaw(), main).await?;
    assert!(!keys.revoke(&root, &openclaw()).await?.enabled);
    let listed = keys.list(&root, &openclaw()).await?;
    assert_eq!(listed.len(), 2);
    assert!(
        listed
            .iter()
            .all(|key| !key.is_good(clasper_core::Clock::now(&*replica.clock)))
    );
    let refused = keys.rotate_own(&adapter(&scope)).await;
    assert!(matches!(refused, Err(Error::Disabled)), "{refused:?}");
    let on = AdapterChange {
        enabled: Some(true),
        ..AdapterChange::default()
    };
    replica.adapters.manage(&root, &openclaw(), on).await?;
    let listed = keys.list(&root, &openclaw()).await?;
    assert!(listed.iter().all(|key| key.revoked_at.is_some()));
    assert_eq!(
        entries_of(&db, &scope, AuditEvent::AdapterKeysRevoked).await?,
        1
    );
    db.ensure_whole().await
}

async fn keys_stay_within_their_tenant(db: TestDatabase) -> Result<()> {
    let (acme, globex) = (db.tenant("acme").await?, db.tenant("globex").await?);
    let replica = governed(&db, &acme).await?;
    let keys = keys(&db, &replica);
    let (_, secret) = keys.rotate_own(&adapter(&acme)).await?;
    let stranger = person(&globex, "root", Role::Admin);
    for refused in [
        keys.list(&stranger, &openclaw()).await.map(drop),
        keys.revoke(&stranger, &openclaw()).await.map(drop),
    ] {
        assert!(
            matches!(refused, Err(Error::NotFound("adapter"))),
            "{refused:?}"
        );
    }
    let known = find(&db, &secret).await?.expect("kept");
    assert!(known.revoked_at.is_none());
    assert_eq!(&known.tenant, acme.tenant());
    Ok(())
}

async fn an_adapter_and_the_key_it_is_given_are_one_commit(db: TestDatabase) -> Result<()> {
    let scope = db.tenant("acme").await?;
    let clock = Arc::new(clasper_core::ManualClock::at(db.make.now()));
    let replica = crate::replica::replica(&db.store, &clock)?;
    let keys = keys(&db, &replica);
    let registration = Registration {
        display_name: "OpenClaw".to_owned(),
        version: "1".to_owned(),
        risk_class: AdapterRiskClass::Low,
        capabilities: vec!["exec".to_owned()],
        tool_capabilities: Vec::new(),
        enabled: true,
    };
    let (_, secret) = keys.register(&adapter(&scope), &registration).await?;
    let secret = secret.expect("it came without one");
    let known = find(&db, &secret).await?.expect("issued");
    let filter = AuditFilter {
        limit: 10,
        ..AuditFilter::default()
    };
    let log = db.store.list_audit(&scope, &filter).await?.items;
    let of = |event| log.iter().find(|logged| logged.entry.event == event);
    let registered = of(AuditEvent::AdapterRegistered).expect("logged");
    let issued = of(AuditEvent::AdapterKeyIssued).expect("logged");
    assert_eq!(issued.seq, registered.seq + 1);
    // Again, with nothing changed: another key, and the first ends in a day.
    let (_, again) = keys.register(&adapter(&scope), &registration).await?;
    assert!(again.is_some());
    let ends = find(&db, &secret).await?.expect("kept").expires_at;
    assert_eq!(ends, Some(known.created_at + TimeDelta::days(1)));
    // One that wants to be disabled is given none.
    let off = Registration {
        enabled: false,
        ..registration
    };
    let other = db.tenant("globex").await?;
    let (_, none) = keys.register(&adapter(&other), &off).await?;
    assert!(none.is_none());
    assert_eq!(
        entries_of(&db, &other, AuditEvent::AdapterKeyIssued).await?,
        0
    );
    db.ensure_whole().await
}
