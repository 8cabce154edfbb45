//! The identity service over a store in memory.

mod authentication;
mod keys;
mod support;
mod tenants;
