//! An execution that somebody else carries out, from what was asked to what came of it.

mod ask;
mod claim;
mod judgement;
mod lapse;
mod opening;
mod record;
mod resolution;
mod step;
mod store;
mod token;
mod words;

pub use ask::ExecutionAsk;
pub use claim::{ClaimRefusal, ExecutionClaim};
pub use judgement::Judgement;
pub use lapse::DueStep;
pub use opening::{ExecutionOpening, ExecutionVerdict, Opened, OpeningIds};
pub use record::{Execution, ExecutionStatus};
pub use resolution::{EditedAsk, NoticeWriter, ResolutionStep, Resolve};
pub use step::{
    Change, Closing, ExecutionStep, HoldMove, ResolutionNotice, StepRefusal, StepResult, Stepped,
};
pub use store::{DueExecution, ExecutionFilter, ExecutionStore, Hold};
pub use token::{DecisionTokens, IssuedToken, TokenFault};
pub use words::Actor;
