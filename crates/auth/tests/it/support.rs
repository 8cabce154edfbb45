//! What the tests share: a store of keys, a clock that stands still, and tokens made to order.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use chrono::TimeDelta;
use clasper_auth::{AdapterTokenConfig, AuthConfig, CredentialVerifier};
use clasper_core::{
    ApiKeyId, AuditEntry, Clock, ManualClock, Principal, Role, SequentialIds, Sha256Digest,
    StoreError, TenantId, TenantScope, Timestamp,
};
use clasper_identity::{
    ApiKey, AuthError, Authentication, Authenticator, IdentityStore, KeyCreation, KeyRevocation,
    Presented, Tenant, TenantCreation,
};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use secrecy::SecretString;
use serde_json::{Value, json};

pub const SECRET: &str = "a tenant token secret of enough bytes";
pub const DAEMON_KEY: &str = "a daemon key that is also long enough";
pub const ADAPTER_SECRET: &str = "an adapter secret that is long enough too";
pub const API_KEY: &str = "clk_0123456789012345678901234567890123456789012";

pub fn tenant(name: &str) -> TenantId {
    TenantId::new(name).expect("a name")
}

/// The moment at which every test's clock starts.
pub fn start() -> Timestamp {
    Timestamp::from_timestamp(1_700_000_000, 0).expect("a time")
}

/// A verifier with the clock and the keys behind it.
pub struct Door {
    pub verifier: Arc<CredentialVerifier>,
    pub clock: Arc<ManualClock>,
    pub keys: Arc<Keys>,
}

impl Door {
    /// With the shared secret and the daemon key, and no issuer.
    pub fn new() -> Self {
        Self::with(config())
    }

    pub fn with(config: AuthConfig) -> Self {
        let clock = Arc::new(ManualClock::at(start()));
        let keys = Arc::new(Keys::default());
        let client = reqwest::Client::builder().build().expect("a client");
        let verifier = CredentialVerifier::new(
            config,
            Arc::clone(&keys) as Arc<dyn IdentityStore>,
            client,
            Arc::clone(&clock) as Arc<dyn Clock>,
        );
        Self {
            verifier: Arc::new(verifier),
            clock,
            keys,
        }
    }

    pub async fn present(
        &self,
        bearer: Option<&str>,
        daemon_key: Option<&str>,
    ) -> Result<Authentication, AuthError> {
        let presented = Presented { bearer, daemon_key };
        self.verifier.authenticate(presented).await
    }

    /// The principal of a bearer that comes alone.
    pub async fn bearer(&self, bearer: &str) -> Result<Principal, AuthError> {
        let authentication = self.present(Some(bearer), None).await?;
        Ok(authentication.act_for(None).expect("no tenant is named"))
    }

    pub fn pass(&self, seconds: i64) {
        self.clock.advance(TimeDelta::seconds(seconds));
    }
}

pub fn config() -> AuthConfig {
    AuthConfig {
        agent_jwt_secret: Some(SecretString::from(SECRET)),
        jwks: None,
        adapters: Some(adapters(ADAPTER_SECRET)),
        daemon_key: Some(SecretString::from(DAEMON_KEY)),
        default_tenant: tenant("local"),
    }
}

pub fn adapters(secret: &str) -> AdapterTokenConfig {
    AdapterTokenConfig {
        secret: SecretString::from(secret),
        longest_life: AdapterTokenConfig::LONGEST_LIFE,
    }
}

/// Claims that are good for an hour from the start.
pub fn claims() -> Value {
    json!({"tenant_id": "acme", "exp": start().timestamp() + 3600})
}

pub fn sign(header: &Header, claims: &Value, key: &EncodingKey) -> String {
    encode(header, claims, key).expect("the key signs")
}

/// A token with the shared secret.
pub fn token(claims: &Value) -> String {
    let key = EncodingKey::from_secret(SECRET.as_bytes());
    sign(&Header::new(Algorithm::HS256), claims, &key)
}

/// The claims of an adapter's token as the gateway's plugin makes them, good for two hours from the start.
pub fn adapter_claims() -> Value {
    let now = start().timestamp();
    json!({
        "type": "adapter",
        "adapter_id": "openclaw-local",
        "tenant_id": "acme",
        "workspace_id": "laptop",
        "allowed_capabilities": ["write", "exec", "read", "exec"],
        "sub": "adapter:openclaw-local",
        "iat": now,
        "exp": now + 7200,
    })
}

/// A token with the adapters' secret.
pub fn adapter_token(claims: &Value) -> String {
    let key = EncodingKey::from_secret(ADAPTER_SECRET.as_bytes());
    sign(&Header::new(Algorithm::HS256), claims, &key)
}

/// A token that names an issuer's key.
pub fn issued(algorithm: Algorithm, kid: &str, claims: &Value, key: &EncodingKey) -> String {
    let mut header = Header::new(algorithm);
    header.kid = Some(kid.to_owned());
    sign(&header, claims, key)
}

/// API keys in memory. Tenants and audit entries are not what these tests look at.
#[derive(Default)]
pub struct Keys {
    ids: SequentialIds,
    rows: Mutex<Vec<ApiKey>>,
    lookups: AtomicUsize,
}

impl Keys {
    /// Stores a key with this secret.
    pub fn put(&self, secret: &str, role: Role) -> ApiKeyId {
        let mut rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        let key = ApiKey {
            id: ApiKeyId::generate(&self.ids),
            tenant: tenant("acme"),
            name: "test".into(),
            role,
            prefix: secret.chars().take(12).collect(),
            secret_hash: Sha256Digest::of(secret.as_bytes()),
            created_at: start(),
            revoked_at: None,
        };
        let id = key.id;
        rows.push(key);
        id
    }

    pub fn revoke(&self, id: ApiKeyId) {
        let mut rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        for key in rows.iter_mut().filter(|key| key.id == id) {
            key.revoked_at = Some(start());
        }
    }

    pub fn lookups(&self) -> usize {
        self.lookups.load(Ordering::Relaxed)
    }
}

#[async_trait]
impl IdentityStore for Keys {
    async fn create_tenant(&self, t: Tenant, _: AuditEntry) -> Result<TenantCreation, StoreError> {
        Ok(TenantCreation::Created(t))
    }

    async fn find_tenant(&self, _: &TenantScope) -> Result<Option<Tenant>, StoreError> {
        Ok(None)
    }

    async fn create_api_key(
        &self,
        _: &TenantScope,
        _: ApiKey,
        _: AuditEntry,
    ) -> Result<KeyCreation, StoreError> {
        Ok(KeyCreation::NoSuchTenant)
    }

    async fn find_api_key(&self, hash: Sha256Digest) -> Result<Option<ApiKey>, StoreError> {
        self.lookups.fetch_add(1, Ordering::Relaxed);
        let rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(rows.iter().find(|key| key.secret_hash == hash).cloned())
    }

    async fn list_api_keys(&self, _: &TenantScope) -> Result<Vec<ApiKey>, StoreError> {
        Ok(Vec::new())
    }

    async fn revoke_api_key(
        &self,
        _: &TenantScope,
        _: ApiKeyId,
        _: Timestamp,
        _: AuditEntry,
    ) -> Result<KeyRevocation, StoreError> {
        Ok(KeyRevocation::NoSuchKey)
    }
}
