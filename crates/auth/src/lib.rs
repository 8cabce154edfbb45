#![doc = include_str!("../README.md")]

mod api_key;
mod claims;
mod config;
mod daemon_key;
mod jwks;
mod key_set;
mod seal;
mod token;
mod verifier;

pub use config::{AuthConfig, JwksConfig, MIN_SECRET_BYTES};
pub use seal::{AeadSeal, SealKeyError};
pub use verifier::CredentialVerifier;
