#![doc = include_str!("../README.md")]

mod readiness;
mod state;

pub use readiness::{Readiness, ReadinessReport};
pub use state::{ApiDeps, ApiState, MetricsText, ServerInfo};
