//! The agent loop against a world in memory.

mod admission;
mod cancel;
mod delivery;
mod fakes;
mod money;
mod privacy;
mod recovery;
mod redaction;
mod reply;
mod stream;
mod tools;
