//! The adapter against a small backend on loopback whose answers each test writes.

mod capability;
mod delivery;
mod fake;
mod task;
mod token;
mod tool;
