//! The sample backend as a library, so that a quickstart or a test can embed it.
//!
#![doc = include_str!("../README.md")]
//!
//! ## Example
//!
//! ```
//! use std::sync::Arc;
//!
//! use axum::{body::Body, http::Request};
//! use example_backend::{Backend, BackendConfig, Database};
//! use tower::ServiceExt;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let backend = Backend::open(BackendConfig {
//!     database: Database::Memory,
//!     agent_jwt_secret: "a secret of at least thirty-two bytes".into(),
//!     clock: Arc::new(chrono::Utc::now),
//!     ids: Arc::new(uuid::Uuid::now_v7),
//! })
//! .await?;
//! let answer = backend.router().oneshot(Request::get("/health").body(Body::empty())?).await?;
//! assert_eq!(answer.status(), 200);
//! assert!(backend.messages_of("user-1").await?.is_empty());
//! # Ok(())
//! # }
//! ```

mod auth;
mod backend;
mod capability;
mod document;
mod message;
mod page;
mod reply;
mod store;
mod task;
mod tool;

pub use backend::{Backend, BackendConfig, Clock, Database, Ids, MIN_SECRET_BYTES};
pub use document::Document;
pub use message::Message;
pub use store::Error;
pub use task::Task;
