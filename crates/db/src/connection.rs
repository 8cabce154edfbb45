//! Opens a database with the settings that durability needs.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use sea_orm::{ConnectOptions, DatabaseConnection};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};

use crate::dialect::Dialect;
use crate::error::Error;
use crate::writer::GroupWriter;

/// Statements kept prepared per connection. Multi-row writes come in as many texts as there are batch sizes.
const PREPARED_STATEMENTS: usize = 1024;

/// How a database is opened.
#[derive(Debug, Clone)]
pub struct DatabaseOptions {
    /// Connections for reading.
    pub readers: u32,
    /// How long a reader waits for a connection.
    pub acquire_timeout: Duration,
}

impl Default for DatabaseOptions {
    fn default() -> Self {
        Self {
            readers: 4,
            acquire_timeout: Duration::from_secs(5),
        }
    }
}

/// An open database: one connection that migrates, some that read, and the writer of groups.
#[derive(Debug, Clone)]
pub struct Database {
    writer: DatabaseConnection,
    reader: DatabaseConnection,
    dialect: Dialect,
    path: Option<PathBuf>,
    writes_inline: bool,
}

/// Held by the one server process that uses a SQLite file; let go when dropped.
#[derive(Debug)]
pub struct ProcessLock(
    #[expect(dead_code, reason = "the lock lives as long as the file is open")] Option<File>,
);

impl Database {
    /// Opens `address`: `sqlite://path?mode=rwc` or `postgres://…`.
    ///
    /// # Errors
    /// [`Error`], saying what to do.
    pub async fn connect(address: &str, options: &DatabaseOptions) -> Result<Self, Error> {
        if address.starts_with("sqlite:") {
            let parsed: SqliteConnectOptions = address.parse().map_err(|_| Error::SqliteAddress)?;
            // What is in memory has no file, and its name is made up by sqlx.
            let path = (!address.contains(":memory:") && !address.contains("mode=memory"))
                .then(|| parsed.get_filename().to_owned());
            if let Some(path) = &path {
                prepare_file(path, address)?;
            }
            return Self::open(address, options, Dialect::Sqlite, path).await;
        }
        if address.starts_with("postgres:") || address.starts_with("postgresql:") {
            return Self::open(address, options, Dialect::Postgres, None).await;
        }
        Err(Error::Address)
    }

    async fn open(
        address: &str,
        options: &DatabaseOptions,
        dialect: Dialect,
        path: Option<PathBuf>,
    ) -> Result<Self, Error> {
        let connect = |connections| connect_options(address, connections, options);
        let writer = sea_orm::Database::connect(connect(1)).await?;
        let reader = sea_orm::Database::connect(connect(options.readers)).await?;
        Ok(Self {
            writer,
            reader,
            dialect,
            writes_inline: path.is_some() && is_plain_file(address),
            path,
        })
    }

    /// The writer of groups: calls into SQLite where the database is a file, else through [`Database::writer`].
    #[must_use]
    pub fn group_writer(&self) -> GroupWriter {
        match &self.path {
            Some(path) if self.writes_inline => GroupWriter::inline(path),
            _ => GroupWriter::sqlx(self.writer.clone(), self.dialect),
        }
    }

    /// The connection for migrations.
    #[must_use]
    pub const fn writer(&self) -> &DatabaseConnection {
        &self.writer
    }

    /// The connections that read.
    #[must_use]
    pub const fn reader(&self) -> &DatabaseConnection {
        &self.reader
    }

    /// The file, on SQLite.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// Which database it is.
    #[must_use]
    pub const fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Takes a SQLite file for this server process alone. Commands beside the server (`audit verify`, `key create`) do
    /// not need it.
    ///
    /// # Errors
    /// [`Error::Locked`] when another process has it.
    pub fn lock_for_server(&self) -> Result<ProcessLock, Error> {
        let Some(path) = &self.path else {
            return Ok(ProcessLock(None));
        };
        let lock_path = path.with_extension("db.lock");
        let shown = || path.display().to_string();
        let file = private_file(&lock_path).map_err(|source| Error::File {
            path: shown(),
            source,
        })?;
        match file.try_lock() {
            Ok(()) => Ok(ProcessLock(Some(file))),
            Err(TryLockError::WouldBlock) => Err(Error::Locked { path: shown() }),
            Err(TryLockError::Error(source)) => Err(Error::File {
                path: shown(),
                source,
            }),
        }
    }

    /// Closes all connections; SQLite writes its log back into the file.
    pub async fn close(self) {
        // A connection that fails to close has nothing left that we could save.
        let _ = self.reader.close().await;
        let _ = self.writer.close().await;
    }
}

/// Whether a SQLite address names a file that is opened for writing and asks for nothing else, such as another VFS.
fn is_plain_file(address: &str) -> bool {
    matches!(
        address.split_once('?'),
        None | Some((_, "mode=rwc" | "mode=rw"))
    )
}

fn connect_options(address: &str, connections: u32, options: &DatabaseOptions) -> ConnectOptions {
    let mut connect = ConnectOptions::new(address);
    connect
        .min_connections(u32::from(connections == 1))
        .max_connections(connections)
        .acquire_timeout(options.acquire_timeout)
        .sqlx_logging(false)
        .test_before_acquire(false)
        .map_sqlx_sqlite_opts(|sqlite| {
            sqlite
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Full)
                .foreign_keys(true)
                .busy_timeout(Duration::from_secs(10))
                .statement_cache_capacity(PREPARED_STATEMENTS)
                // Rows that held sealed answers are overwritten when they are deleted.
                .pragma("secure_delete", "fast")
        })
        .map_sqlx_postgres_opts(|postgres| postgres.statement_cache_capacity(PREPARED_STATEMENTS));
    connect
}

fn prepare_file(path: &Path, address: &str) -> Result<(), Error> {
    let failed = |source| Error::File {
        path: path.display().to_string(),
        source,
    };
    if !address.contains("mode=rwc") || path.as_os_str().is_empty() {
        return Ok(());
    }
    if let Some(parent) = path.parent().filter(|p| !p.as_os_str().is_empty()) {
        std::fs::create_dir_all(parent).map_err(failed)?;
    }
    // SQLite gives its log and shared-memory files the permissions of the database file.
    private_file(path).map(drop).map_err(failed)
}

/// Opens or makes a file that its owner alone may read and write.
fn private_file(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    {
        use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
        options.mode(0o600);
        let file = options.open(path)?;
        file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
        Ok(file)
    }
    #[cfg(not(unix))]
    options.open(path)
}
