#![doc = include_str!("../README.md")]

mod config;
mod draft;
mod endpoint;
mod failure;
mod native;
mod openai;
mod providers;
mod scripted;
mod sse;
mod transport;

pub use crate::config::{BaseUrls, LlmConfig, ProviderKeys, ScriptedConfig};
pub use crate::providers::{PROVIDERS, Providers};
pub use crate::scripted::ScriptedProvider;
pub use crate::transport::http_client;
