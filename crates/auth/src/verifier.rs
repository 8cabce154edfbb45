//! The authenticator: which proof each presented credential needs.

use std::sync::Arc;

use async_trait::async_trait;
use reqwest::Client;

use clasper_core::{Clock, Principal, TenantId};
use clasper_identity::{
    ADAPTER_KEY_MARK, API_KEY_MARK, AdapterDirectory, AdapterPrincipal, AuthError, Authentication,
    Authenticator, DaemonAuthentication, IdentityStore, Presented,
};

use crate::adapter_key::AdapterDoor;
use crate::adapter_token::AdapterTokens;
use crate::api_key::ApiKeys;
use crate::config::AuthConfig;
use crate::daemon_key::DaemonKey;
use crate::jwks::Jwks;
use crate::token::Tokens;

/// Proves tenant tokens, API keys, the daemon key and adapters' tokens.
pub struct CredentialVerifier {
    tokens: Tokens,
    api_keys: ApiKeys,
    daemon_key: DaemonKey,
    adapters: AdapterTokens,
    adapter_door: Option<AdapterDoor>,
    default_tenant: TenantId,
    clock: Arc<dyn Clock>,
}

impl CredentialVerifier {
    /// A verifier of what `config` accepts. `client` fetches the issuer's keys, each time within five seconds; it should
    /// not follow redirects, whose answers are refused in any case. Nothing is fetched before the first token needs it.
    #[must_use]
    pub fn new(
        config: AuthConfig,
        store: Arc<dyn IdentityStore>,
        client: Client,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let adapters = AdapterTokens::new(&config, Arc::clone(&clock));
        let jwks = config
            .jwks
            .map(|jwks| Jwks::new(jwks, client, Arc::clone(&clock)));
        Self {
            tokens: Tokens::new(config.agent_jwt_secret.as_ref(), jwks, Arc::clone(&clock)),
            api_keys: ApiKeys::new(store, Arc::clone(&clock)),
            daemon_key: DaemonKey::new(config.daemon_key.as_ref()),
            adapters,
            adapter_door: None,
            default_tenant: config.default_tenant,
            clock,
        }
    }

    /// Takes adapters' own keys, too, and lets in only adapters that the registry does not know as disabled.
    #[must_use]
    pub fn with_adapters(mut self, directory: Arc<dyn AdapterDirectory>) -> Self {
        self.adapter_door = Some(AdapterDoor::new(directory, Arc::clone(&self.clock)));
        self
    }

    async fn prove_bearer(&self, bearer: &str) -> Result<Principal, AuthError> {
        if bearer.starts_with(API_KEY_MARK) {
            self.api_keys.prove(bearer).await
        } else {
            self.tokens.prove(bearer).await
        }
    }
}

#[async_trait]
impl Authenticator for CredentialVerifier {
    /// Everything presented must be good: a right bearer does not make up for a wrong daemon key, nor the other way
    /// round.
    async fn authenticate(&self, presented: Presented<'_>) -> Result<Authentication, AuthError> {
        if let Some(key) = presented.daemon_key {
            self.daemon_key.prove(key)?;
        }
        let bearer = match presented.bearer {
            Some(bearer) => Some(self.prove_bearer(bearer).await?),
            None => None,
        };
        match (presented.daemon_key, bearer) {
            (Some(_), bearer) => {
                let daemon = DaemonAuthentication::new(self.default_tenant.clone(), bearer);
                Ok(Authentication::Daemon(daemon))
            }
            (None, Some(principal)) => Ok(Authentication::Tenant(principal)),
            (None, None) => Err(AuthError::Missing),
        }
    }

    async fn authenticate_adapter(&self, token: &str) -> Result<AdapterPrincipal, AuthError> {
        match &self.adapter_door {
            Some(door) if token.starts_with(ADAPTER_KEY_MARK) => door.prove(token).await,
            Some(door) => {
                let principal = self.adapters.prove(token)?;
                door.admit(&principal).await?;
                Ok(principal)
            }
            None => self.adapters.prove(token),
        }
    }
}
