//! A governed run as the store sees it: opened with a decision, closed with a settlement, each in one commit.

mod effect;
mod lesson;
mod opening;
mod outbox;
mod settlement;
mod store;

pub use effect::{EffectDecision, EffectOutcome, Extension, HoldExtension, Recorded};
pub use opening::{IdempotencyClaim, Opening, RunOpening, RunVerdict};
pub use outbox::{OutboxMessage, OutboxStore};
pub use settlement::{Charge, RunEnd, Settled, Settlement};
pub use store::{OrphanedRun, RunStore};
