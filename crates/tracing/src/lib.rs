#![doc = include_str!("../README.md")]

mod step;
mod store;
mod trace;

pub use step::{Integrity, Step, StepData, StepRecorder, check_steps};
pub use store::{TraceFilter, TraceStore};
pub use trace::{GrantedScope, RunStatus, Trace, TraceCost, UsedScope, Violation};
