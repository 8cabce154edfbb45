//! Loads a folder of markdown files and builds an agent's system prompt from it.
#![doc = ""]
#![doc = include_str!("../README.md")]

mod cache;
mod document;
mod error;
mod prompt;
mod scan;
mod session;
mod skill;
mod time;
mod tool;
mod workspace;

pub use cache::WorkspaceCache;
pub use document::{Document, MAX_CHARS};
pub use error::Error;
pub use prompt::{PromptMode, PromptRequest};
pub use scan::{Fingerprint, Limits};
pub use session::{Role, SessionKey, SessionKeyError};
pub use skill::{Gate, Host, Skill};
pub use time::{TimeContext, parse_time_zone};
pub use tool::{SkillTools, ToolPattern, ToolRefusal};
pub use workspace::{Options, Workspace};
