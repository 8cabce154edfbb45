//! The routes through the real router and its layers, over ports in memory.

mod adapter_keys;
mod adapters;
mod agents;
mod app;
mod audit;
mod authzen;
mod authzen_lists;
mod budget;
mod decision_lists;
mod decisions;
mod document;
mod evaluation;
mod execution_bodies;
mod executions;
mod fakes;
mod forecast;
mod governed;
mod health;
mod meta;
mod overrides;
mod policies;
mod stream;
mod tenants;
mod traces;
mod waits;
mod webhooks;
