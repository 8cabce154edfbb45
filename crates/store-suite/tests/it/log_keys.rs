//! The keys of the signed log: one signs, those before it stay listed.

use anyhow::{Result, bail, ensure};
use clasper_core::Seal;
use clasper_evidence::{
    AdoptedKey, KeyAdoption, KeySource, KeySourceError, LogStore, SignError, adopt_key, key_in_use,
};
use clasper_testkit::{TestDatabase, both};
use futures::future::try_join;

use crate::evidence::{caller, grow, log, signer};

both!(
    a_generated_key_is_kept_and_a_configured_one_takes_its_place,
    processes_that_start_at_once_settle_on_one_key,
);

/// Seals nothing, but knows its own.
struct Label(u8);

impl Seal for Label {
    fn seal(&self, _: &[u8], plain: &[u8]) -> Vec<u8> {
        [&[self.0], plain].concat()
    }

    fn open(&self, _: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        sealed.strip_prefix(&[self.0]).map(<[u8]>::to_vec)
    }
}

async fn a_generated_key_is_kept_and_a_configured_one_takes_its_place(
    db: TestDatabase,
) -> Result<()> {
    let now = db.make.now();
    let kept =
        |label: &'static Label, fresh: &'static [u8; 32]| KeySource::Kept { seal: label, fresh };
    let first = adopt_key(&db.store, kept(&Label(1), &[1; 32]), now).await?;
    let again = adopt_key(&db.store, kept(&Label(1), &[2; 32]), now).await?;
    assert_eq!(first.public()?, again.public()?);
    let other = adopt_key(&db.store, kept(&Label(2), &[3; 32]), now).await;
    ensure!(matches!(other, Err(KeySourceError::Sealed)), "{other:?}");

    let acme = db.tenant("acme").await?;
    let signer = signer(&db).await?;
    signer.sign(acme.tenant()).await?;
    let keys = db.store.list_log_keys().await?;
    let in_use: Vec<bool> = keys.iter().map(|key| key.valid_until.is_none()).collect();
    assert_eq!(in_use, [false, true]);
    let (_, ring) = log(&db).keys(&caller(&acme)).await?;
    assert_eq!(ring.keys().len(), 2, "the retired key stays listed");
    let gone = adopt_key(&db.store, kept(&Label(1), &[2; 32]), now).await;
    ensure!(
        matches!(gone, Err(KeySourceError::NotConfigured)),
        "{gone:?}"
    );

    adopt_key(&db.store, KeySource::Configured(&[9; 32]), now).await?;
    grow(&db, &acme, 1).await?;
    let retired = signer.sign(acme.tenant()).await;
    ensure!(matches!(retired, Err(SignError::KeyRetired)), "{retired:?}");

    let keys = db.store.list_log_keys().await?;
    let used = key_in_use(&db.store, Some(&[9; 32]), &Label(1)).await?;
    assert_eq!(Some(used.public()?), keys.last().map(|key| key.public));
    let other = key_in_use(&db.store, Some(&[8; 32]), &Label(1)).await;
    ensure!(matches!(other, Err(KeySourceError::NotInUse)), "{other:?}");
    assert_eq!(
        db.store.list_log_keys().await?,
        keys,
        "asking changes nothing"
    );
    db.ensure_whole().await
}

async fn processes_that_start_at_once_settle_on_one_key(db: TestDatabase) -> Result<()> {
    let other = db.second_store().await?;
    let adoption = |public: u8| KeyAdoption {
        public: [public; 32],
        sealed_seed: Some(vec![public]),
        replaces: false,
        at: db.make.now(),
    };
    let (one, two) = try_join(
        db.store.adopt_log_key(adoption(1)),
        other.adopt_log_key(adoption(2)),
    )
    .await?;
    match (one, two) {
        (AdoptedKey::InUse, AdoptedKey::Another(key)) => assert_eq!(key.public, [1; 32]),
        (AdoptedKey::Another(key), AdoptedKey::InUse) => assert_eq!(key.public, [2; 32]),
        other => bail!("{other:?}"),
    }
    assert_eq!(db.store.list_log_keys().await?.len(), 1);
    Ok(())
}
