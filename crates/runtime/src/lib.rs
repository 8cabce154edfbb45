#![doc = include_str!("../README.md")]
//!
//! # Example
//!
//! ```
//! use clasper_core::Caller;
//! use clasper_runtime::model::ModelRef;
//! use clasper_runtime::send::{Error, SendReply, SendRequest};
//! use clasper_runtime::service::{AgentConfig, AgentDeps, AgentService};
//!
//! /// The composition root brings the ports; whoever holds the service needs to know none of them.
//! fn assemble(deps: AgentDeps) -> AgentService {
//!     let model = ModelRef::parse("openai/gpt-4o-mini", "openai", &["openai", "anthropic"]);
//!     AgentService::new(deps, AgentConfig::new(model))
//! }
//!
//! async fn greet(agents: &AgentService, caller: &Caller) -> Result<SendReply, Error> {
//!     let request = SendRequest {
//!         user_id: "ann".into(),
//!         session_key: "user:ann:helper".into(),
//!         message: "Good morning".into(),
//!         task_title: Some("Inbox".into()),
//!         ..SendRequest::default()
//!     };
//!     agents.send(caller, request).await
//! }
//! ```

pub mod backend;
pub mod compatibility;
pub mod model;
pub mod policy;
pub mod run;

pub mod send;
pub mod service;
