//! The server as its users run it: the real binary, a backend, a model server with its own log, and kill -9.

#![expect(
    clippy::disallowed_methods,
    reason = "what a test spawns ends with the test; there is no shutdown to wait for it"
)]

mod adapter;
mod attack;
mod backend_down;
mod budget;
mod command;
mod crash;
mod evidence;
mod exports;
mod harness;
mod ingest;
mod ingest_refused;
mod input;
mod kills;
mod live;
mod people;
mod privacy;
mod reporter;
mod retention;
mod sdk;
mod server_log;
mod spans;
mod stock;
mod storm;
mod tools;
mod webhook_languages;
