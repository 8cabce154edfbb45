//! What a migration is.

use sea_orm::{DbBackend, Statement};

/// One step in the history of the tables.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Migration {
    /// Its name, under which a database remembers that it has run: `m<date>_<number>_<what>`, as its file.
    pub(crate) name: &'static str,
    /// What it does, in order: `backend.build(&statement)` of sea-query's `Table::create`, `Table::alter`,
    /// `Index::create`, or `Query::update`. SQLite takes one change per `Table::alter`.
    pub(crate) statements: fn(DbBackend) -> Vec<Statement>,
}
