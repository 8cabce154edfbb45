//! The store's behaviour, each fact on both databases.

mod adapter_keys;
mod audit_filter;
mod budget;
mod effect;
mod evidence;
mod executions;
mod forgery;
mod group;
mod history;
mod idempotency;
mod identity;
mod log_keys;
mod migration;
mod outbox;
mod page;
mod period;
mod prices;
mod random;
mod recovery;
mod replica;
mod run;
mod schema;
mod scopes;
mod sqlite;
mod support;
mod writer;
