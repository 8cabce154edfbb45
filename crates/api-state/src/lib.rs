#![doc = include_str!("../README.md")]

mod news;
mod readiness;
mod state;

pub use news::LogNews;
pub use readiness::{Readiness, ReadinessReport};
pub use state::{ApiDeps, ApiState, MetricsText, ServerInfo};
