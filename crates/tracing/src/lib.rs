#![doc = include_str!("../README.md")]

mod reported;
mod step;
mod store;
mod trace;

pub use reported::{HashStatus, Reported, StepHashes, Trust, check_reported_steps};
pub use step::{Integrity, Step, StepData, StepRecorder, check_steps};
pub use store::{TraceFilter, TraceStore};
pub use trace::{GrantedScope, RunStatus, Trace, TraceCost, UsedScope, Violation};
