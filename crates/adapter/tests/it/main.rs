//! The SDK against servers that answer, lie, and keep silent.

#![expect(
    clippy::disallowed_methods,
    reason = "what a test spawns ends with the test; there is no shutdown to wait for it"
)]

mod approvals;
mod calls;
mod lies;
mod reports;
mod world;
