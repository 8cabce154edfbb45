//! The agent loop (being written).

pub mod backend;

pub mod model;
pub mod policy;
pub mod run;
