//! Tools within an execution: each call is asked for, decided, and paid with a token that is good once and for seconds.

mod opening;
mod record;
mod scope;
mod step;
mod store;
mod token;
mod words;

pub use opening::{ToolIds, ToolOpened, ToolOpening, ToolVerdict};
pub use record::{ToolAuthorization, ToolState};
pub use scope::ToolScope;
pub use step::{ToolAct, ToolChange, ToolPresented, ToolRefusal, ToolStep, ToolStepped};
pub use store::{LapsedTool, ToolFilter, ToolStatistics, ToolStore};
pub(crate) use token::{TOOL_TOKEN, ToolClaims};
