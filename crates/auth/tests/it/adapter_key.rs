//! Adapters' own keys, and adapters that an operator has disabled.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use chrono::TimeDelta;
use clasper_auth::CredentialVerifier;
use clasper_core::{
    AdapterId, AdapterKeyId, Clock, Credential, ManualClock, SequentialIds, Sha256Digest,
    StoreError, TenantId, WorkspaceId,
};
use clasper_identity::{
    AdapterDirectory, AdapterKey, AdapterPrincipal, AdapterStanding, AuthError, Authenticator,
    SystemSecrets, new_adapter_key,
};
use secrecy::{ExposeSecret, SecretString};

use crate::support::{
    API_KEY, Keys, adapter_claims, adapter_token, claims, config, start, tenant, token,
};

#[derive(Default)]
struct Registry {
    keys: Mutex<Vec<AdapterKey>>,
    standings: Mutex<HashMap<AdapterId, AdapterStanding>>,
}

#[async_trait]
impl AdapterDirectory for Registry {
    async fn find_adapter_key(&self, hash: Sha256Digest) -> Result<Option<AdapterKey>, StoreError> {
        let keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(keys.iter().find(|key| key.secret_hash == hash).cloned())
    }

    async fn adapter_standing(
        &self,
        of: &TenantId,
        adapter: &AdapterId,
    ) -> Result<Option<AdapterStanding>, StoreError> {
        let known = self
            .standings
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        Ok(known
            .get(adapter)
            .filter(|_| *of == tenant("acme"))
            .cloned())
    }
}

struct World {
    verifier: CredentialVerifier,
    registry: Arc<Registry>,
    clock: Arc<ManualClock>,
    secret: SecretString,
}

fn id() -> AdapterId {
    AdapterId::new("openclaw-local").expect("a name")
}

impl World {
    /// A registered adapter with a key.
    fn new() -> Self {
        let registry = Arc::new(Registry::default());
        let clock = Arc::new(ManualClock::at(start()));
        let client = reqwest::Client::builder().build().expect("a client");
        let verifier = CredentialVerifier::new(
            config(),
            Arc::new(Keys::default()),
            client,
            Arc::clone(&clock) as Arc<dyn Clock>,
        );
        let (secret, prefix) = new_adapter_key(&SystemSecrets).expect("randomness");
        let key = AdapterKey {
            id: AdapterKeyId::generate(&SequentialIds::default()),
            tenant: tenant("acme"),
            adapter: id(),
            workspace: WorkspaceId::new("laptop").expect("a name"),
            prefix,
            secret_hash: Sha256Digest::of(secret.expose_secret().as_bytes()),
            created_at: start(),
            expires_at: None,
            revoked_at: None,
        };
        let world = Self {
            verifier: verifier.with_adapters(Arc::clone(&registry) as Arc<dyn AdapterDirectory>),
            registry,
            clock,
            secret,
        };
        world.change(|known| known.push(key));
        world.stand(true);
        world
    }

    fn change(&self, change: impl FnOnce(&mut Vec<AdapterKey>)) {
        let mut keys = self
            .registry
            .keys
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        change(&mut keys);
    }

    fn stand(&self, enabled: bool) {
        let standing = AdapterStanding {
            enabled,
            capabilities: vec!["read".to_owned()],
        };
        let known = &self.registry.standings;
        let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(id(), standing);
    }

    async fn prove(&self) -> Result<AdapterPrincipal, AuthError> {
        let secret = self.secret.expose_secret();
        self.verifier.authenticate_adapter(secret).await
    }

    async fn prove_own_making(&self) -> Result<AdapterPrincipal, AuthError> {
        let token = adapter_token(&adapter_claims());
        self.verifier.authenticate_adapter(&token).await
    }
}

#[tokio::test]
async fn a_key_names_its_adapter_and_the_registry_what_it_may_ask_for() {
    let adapter = World::new().prove().await.expect("a good key");
    assert_eq!(adapter.tenant, tenant("acme"));
    assert_eq!(adapter.workspace.as_str(), "laptop");
    assert_eq!(adapter.actor(), "adapter:openclaw-local");
    assert_eq!(adapter.capabilities, ["read"]);
    assert!(matches!(adapter.credential, Credential::AdapterKey(_)));
}

#[tokio::test]
async fn a_revoked_key_is_refused_within_five_seconds() {
    let world = World::new();
    assert!(world.prove().await.is_ok());
    world.change(|keys| keys[0].revoked_at = Some(start()));
    world.clock.advance(TimeDelta::seconds(5));
    assert!(matches!(world.prove().await, Err(AuthError::Invalid)));
}

#[tokio::test]
async fn a_key_ends_to_the_second_when_another_has_taken_its_place() {
    let world = World::new();
    let end = start() + TimeDelta::seconds(3);
    world.change(|keys| keys[0].expires_at = Some(end));
    assert!(world.prove().await.is_ok());
    world.clock.advance(TimeDelta::seconds(3));
    assert!(matches!(world.prove().await, Err(AuthError::Invalid)));
}

#[tokio::test]
async fn a_disabled_adapter_is_refused_by_its_key_and_by_tokens_of_its_own_making() {
    let world = World::new();
    assert!(world.prove().await.is_ok() && world.prove_own_making().await.is_ok());
    world.stand(false);
    world.clock.advance(TimeDelta::seconds(5));
    for refused in [world.prove().await, world.prove_own_making().await] {
        assert!(
            matches!(refused, Err(AuthError::AdapterDisabled)),
            "{refused:?}"
        );
    }
    world.stand(true);
    world.clock.advance(TimeDelta::seconds(5));
    assert!(world.prove().await.is_ok() && world.prove_own_making().await.is_ok());
}

#[tokio::test]
async fn what_is_no_key_of_an_adapter_opens_nothing() {
    let world = World::new();
    let other = format!("cla_{}", "A".repeat(43));
    for (presented, is_malformed) in [
        (other.as_str(), false),
        ("cla_", true),
        ("cla_short", true),
        (API_KEY, true),
        (&token(&claims()), false),
    ] {
        let refused = world.verifier.authenticate_adapter(presented).await;
        let expected = if is_malformed {
            matches!(refused, Err(AuthError::MalformedAdapterToken))
        } else {
            matches!(refused, Err(AuthError::Invalid))
        };
        assert!(expected, "{presented}: {refused:?}");
    }
}
