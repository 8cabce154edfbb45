#![doc = include_str!("../README.md")]

mod adapter;
mod adapter_key;
mod authenticate;
mod error;
mod key;
mod secret;
mod service;
mod store;
mod tenant;

pub use adapter::AdapterPrincipal;
pub use adapter_key::{AdapterDirectory, AdapterKey, AdapterStanding};
pub use authenticate::{
    AuthError, Authentication, Authenticator, DaemonAuthentication, Presented, TenantMismatch,
};
pub use error::Error;
pub use key::{ApiKey, KeyCreation, KeyRevocation};
pub use secret::{
    ADAPTER_KEY_MARK, API_KEY_MARK, NoRandomness, SecretSource, SystemSecrets, adapter_key_digest,
    api_key_digest, new_adapter_key,
};
pub use service::{Identity, NewKey, NewTenant, TenantProvisioning};
pub use store::IdentityStore;
pub use tenant::{Tenant, TenantCreation};
