//! The connection that writes groups, and its transactions.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use sea_orm::DbErr;

use crate::inline_sqlite::error::exec_error;

/// How long the writer waits for another process's write lock.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// Statements kept prepared. Conditions on several rows come in as many texts as there are numbers of rows.
const PREPARED_STATEMENTS: usize = 1024;
/// As in `connection.rs`: synced commits, and rows that held sealed answers are overwritten when they are deleted. The log
/// is written back every 8,192 pages (32 MB) rather than every 1,000: pages that many commits touch are written back once.
/// Up to 16 MB of pages are kept, so that those of the indexes are not read again for every group.
const SETTINGS: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; \
                        PRAGMA secure_delete = FAST; PRAGMA wal_autocheckpoint = 8192; PRAGMA cache_size = -16384;";

/// The one connection that writes groups. It is opened when it is first needed, and again after it failed badly.
#[derive(Debug)]
pub(crate) struct InlineSqlite {
    path: PathBuf,
    connection: Option<Arc<Mutex<Connection>>>,
    texts: Texts,
}

/// The texts of statements that add rows, by entity and whether they replace: they are always the same.
pub(super) type Texts = Arc<Mutex<HashMap<(&'static str, bool), Arc<str>>>>;

impl InlineSqlite {
    /// Will write to the file at `path`, which exists.
    pub(crate) fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            connection: None,
            texts: Texts::default(),
        }
    }

    /// Begins a transaction and takes the write lock.
    pub(crate) fn begin(&mut self) -> Result<InlineTransaction, DbErr> {
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => Arc::new(Mutex::new(open(&self.path).map_err(exec_error)?)),
        };
        // Left over from a transaction that could not be rolled back. If it still cannot, the connection is not kept,
        // and the next attempt gets a new one.
        roll_back(&lock(&connection))?;
        // Kept whatever comes of it: a busy database is no fault of the connection.
        self.connection = Some(Arc::clone(&connection));
        call(&lock(&connection), "BEGIN IMMEDIATE")?;
        Ok(InlineTransaction {
            connection,
            texts: Arc::clone(&self.texts),
            open: true,
        })
    }
}

/// A transaction; rolled back when it is dropped before its commit.
#[derive(Debug)]
pub(crate) struct InlineTransaction {
    connection: Arc<Mutex<Connection>>,
    pub(super) texts: Texts,
    open: bool,
}

impl InlineTransaction {
    /// Makes everything durable, or nothing: after a commit that failed it is dropped, and so rolled back.
    pub(crate) fn commit(mut self) -> Result<(), DbErr> {
        call(&self.connection(), "COMMIT")?;
        self.open = false;
        Ok(())
    }

    /// Takes everything back.
    pub(crate) fn rollback(mut self) -> Result<(), DbErr> {
        self.open = false;
        roll_back(&self.connection())
    }

    /// The connection, for a statement.
    pub(crate) fn connection(&self) -> MutexGuard<'_, Connection> {
        lock(&self.connection)
    }
}

impl Drop for InlineTransaction {
    fn drop(&mut self) {
        if self.open && roll_back(&self.connection()).is_err() {
            tracing::error!("a transaction of the SQLite writer could not be rolled back");
        }
    }
}

fn open(path: &Path) -> rusqlite::Result<Connection> {
    // Never created here: the file has its permissions from `Database::connect`.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(PREPARED_STATEMENTS);
    connection.execute_batch(SETTINGS)?;
    // Without it SQLite looks at the values that are bound, and prepares a statement anew when they have changed.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(connection)
}

fn lock(connection: &Mutex<Connection>) -> MutexGuard<'_, Connection> {
    // A panic while it was held leaves at worst an open transaction, which the next one finds and rolls back.
    connection.lock().unwrap_or_else(PoisonError::into_inner)
}

fn call(connection: &Connection, sql: &str) -> Result<(), DbErr> {
    let run = || connection.prepare_cached(sql)?.raw_execute();
    run().map(drop).map_err(exec_error)
}

fn roll_back(connection: &Connection) -> Result<(), DbErr> {
    // SQLite itself rolls back after some errors, a full disk among them.
    if connection.is_autocommit() {
        return Ok(());
    }
    call(connection, "ROLLBACK")
}
