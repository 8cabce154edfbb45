//! SQLite as plain function calls: a statement of the writer costs no visit to another thread.

mod connection;
mod error;
mod statement;
mod value;

pub(crate) use connection::{InlineSqlite, InlineTransaction};
pub(crate) use error::SqliteRefusal;
#[cfg(test)]
pub(crate) use error::exec_error;
