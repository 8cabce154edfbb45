//! The agent loop (being written).

pub mod backend;
pub mod compatibility;

pub mod model;
pub mod policy;
pub mod run;
pub mod seal;
pub mod send;
pub mod service;
