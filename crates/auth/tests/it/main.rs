//! The authenticator over a store in memory, static test keys and an issuer on the loopback.

mod adapter;
mod adapter_key;
mod adapter_route;
mod api_key;
mod daemon;
mod issuer;
mod support;
mod token;
