//! The authenticator over a store in memory, static test keys and an issuer on the loopback.

mod api_key;
mod daemon;
mod issuer;
mod support;
mod token;
