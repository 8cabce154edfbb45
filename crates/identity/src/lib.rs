#![doc = include_str!("../README.md")]

mod adapter;
mod authenticate;
mod error;
mod key;
mod secret;
mod service;
mod store;
mod tenant;

pub use adapter::AdapterPrincipal;
pub use authenticate::{
    AuthError, Authentication, Authenticator, DaemonAuthentication, Presented, TenantMismatch,
};
pub use error::Error;
pub use key::{ApiKey, KeyCreation, KeyRevocation};
pub use secret::{API_KEY_MARK, NoRandomness, SecretSource, SystemSecrets, api_key_digest};
pub use service::{Identity, NewKey, NewTenant, TenantProvisioning};
pub use store::IdentityStore;
pub use tenant::{Tenant, TenantCreation};
