#![doc = include_str!("../README.md")]

mod config;
mod human;
mod init;
mod json;
mod metrics;
mod otlp;
mod redacting;

pub use config::{Color, Error, LogFormat, Otlp, TelemetryConfig};
pub use init::{Telemetry, build, init};
pub use metrics::{MetricsHandle, install_metrics};
