//! The routes through the real router and its layers, over ports in memory.

mod agents;
mod app;
mod audit;
mod budget;
mod document;
mod fakes;
mod health;
mod meta;
mod stream;
mod tenants;
mod traces;
