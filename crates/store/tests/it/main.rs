//! The store's behaviour, each fact on both databases.

mod adapter_keys;
mod budget;
mod effect;
mod executions;
mod forgery;
mod group;
mod idempotency;
mod identity;
mod migration;
mod outbox;
mod page;
mod period;
mod random;
mod recovery;
mod replica;
mod run;
mod schema;
mod sqlite;
mod support;
mod writer;
