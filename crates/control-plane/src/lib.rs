#![doc = include_str!("../README.md")]

mod address;
mod backend;
mod capability;
mod config;
mod delivery;
mod fresh;
mod retry;
mod task;
mod token;
mod tool;
mod transport;
mod wire;

pub use backend::{Backend, client_builder};
pub use config::{AgentAlgorithm, BackendConfig, ConfigError, RetryConfig, UnknownAlgorithm};
