#![doc = include_str!("../README.md")]

mod adapter;
mod approval;
mod ask;
mod blocked;
mod door;
mod grant;
mod layer;
mod posture;
mod report;
mod settings;
mod tool;

pub use adapter::{Adapter, Registered, Registration};
pub use ask::{Ask, Context, Program, Targets};
pub use blocked::{Blocked, Fault, Governed, SetupError};
pub use grant::{Grant, Scope};
pub use layer::{Govern, GovernLayer};
pub use posture::{Canary, Posture};
pub use report::{Beyond, Cost, Event, Metrics, Receipt, Reports, Violation};
pub use settings::{Retries, Settings, Surroundings, SystemSurroundings};
pub use tool::ToolGrant;
