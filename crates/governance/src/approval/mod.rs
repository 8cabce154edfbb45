//! Decisions that wait for people: who may vote, what resolves them, and what an operator may do besides.

mod allow_always;
mod break_glass;
mod person;
mod state;
mod status;
mod stored;
mod terms;
mod vote;

pub use allow_always::{AllowAlwaysFacts, NarrowPolicy, ProposalRefusal};
pub use break_glass::{BreakGlass, BreakGlassAsk, BreakGlassError, OverrideReason};
pub use person::{Requester, Voter};
pub use state::{Approval, ApprovalState, Due};
pub use status::{ApprovalStatus, PolledEffect, RetryAnswer};
pub use terms::{ApprovalTerms, Rebinding, TermsError};
pub use vote::{Ballot, Resolution, Verdict, Vote, VoteRefusal, Voted};

#[cfg(test)]
mod machine_tests;
#[cfg(test)]
mod operator_tests;
#[cfg(test)]
mod tests;
