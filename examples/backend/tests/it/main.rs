//! The contract as facts, checked against the router of a backend that lives in memory or in a throw-away directory.

mod access;
mod conformance;
mod harness;
mod idempotency;
mod isolation;
mod pages;
mod persistence;
mod tools;
mod validation;
