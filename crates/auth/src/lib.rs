#![doc = include_str!("../README.md")]

mod adapter_claims;
mod adapter_key;
mod adapter_token;
mod api_key;
mod capability;
mod claims;
mod config;
mod daemon_key;
mod jwks;
mod key_set;
mod proven;
mod seal;
mod signature;
mod token;
mod verifier;

pub use capability::CapabilityTokens;
pub use config::{AdapterTokenConfig, AuthConfig, JwksConfig, MIN_SECRET_BYTES};
pub use seal::{AeadSeal, SealKeyError};
pub use verifier::CredentialVerifier;
