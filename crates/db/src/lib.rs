#![doc = include_str!("../README.md")]

mod connection;
mod dialect;
mod error;
mod group_commit;
mod inline_sqlite;
mod transaction;
mod writer;

pub use connection::{Database, DatabaseOptions, ProcessLock};
pub use dialect::{Dialect, lock_rows};
pub use error::{Error, is_retryable, store_error};
pub use group_commit::{CommitGroup, GroupCommit, Submitted};
pub use transaction::WriteTransaction;
pub use writer::GroupWriter;
