//! The `SQLite` file: its tables, how it is opened, and the one way to write so that a repeat changes nothing.

use std::{fs, io, path::Path, time::Duration};

use sea_orm::{
    ConnectOptions, ConnectionTrait, Database as SeaOrm, DatabaseConnection, DbBackend, DbErr,
    QueryResult, Statement, Value,
    sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous},
};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::{
    backend::Database,
    reply::{Refusal, required},
};

/// `(user_id, idempotency_key)` is unique per table, which scopes a key to one user and one kind of record. Rows without a key never
/// collide, because SQL holds one null to be different from another.
const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS task (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, user_id TEXT NOT NULL,
    title TEXT NOT NULL, status TEXT NOT NULL, description TEXT, metadata TEXT, created_at TEXT NOT NULL,
    idempotency_key TEXT, body_hash BLOB, UNIQUE (user_id, idempotency_key)
) STRICT;
CREATE INDEX IF NOT EXISTS task_of_user ON task (user_id, seq);
CREATE TABLE IF NOT EXISTS message (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL, user_id TEXT NOT NULL, task_id TEXT NOT NULL,
    content TEXT NOT NULL, actor_type TEXT NOT NULL, actor_id TEXT, agent_role TEXT, attachments TEXT, created_at TEXT NOT NULL,
    idempotency_key TEXT, body_hash BLOB, UNIQUE (user_id, idempotency_key)
) STRICT;
CREATE INDEX IF NOT EXISTS message_of_task ON message (user_id, task_id, seq);
CREATE TABLE IF NOT EXISTS document (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL, user_id TEXT NOT NULL, task_id TEXT NOT NULL,
    title TEXT NOT NULL, content TEXT NOT NULL, doc_type TEXT NOT NULL, created_at TEXT NOT NULL,
    idempotency_key TEXT, body_hash BLOB, UNIQUE (user_id, idempotency_key)
) STRICT;
";

/// Readers beside the one writer; in WAL mode they do not wait for it.
const READERS: u32 = 4;

const MAX_KEY_BYTES: usize = 255;

/// Why the backend could not start, or could not answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The signing key could be guessed.
    #[error("the agent token secret is shorter than 32 bytes")]
    WeakSecret,
    /// The file or its directory could not be made.
    #[error("the database file could not be created")]
    File(#[source] io::Error),
    /// The database refused.
    #[error("the database failed")]
    Database(#[from] DbErr),
    /// A stored or received value could not be turned into JSON or back.
    #[error("a record could not be converted")]
    Json(#[from] serde_json::Error),
}

/// The two doors to the database: `SQLite` takes one writer at a time, so one connection writes and nobody waits for a lock.
pub(crate) struct Store {
    writer: DatabaseConnection,
    reader: DatabaseConnection,
}

/// The idempotency of one write: the key and the fingerprint of the body it came with, or neither.
pub(crate) struct Once {
    key: Option<String>,
    body_hash: Option<Vec<u8>>,
}

impl Once {
    /// Fingerprints the canonical form, so that a repeat may order its members differently.
    pub(crate) fn new(key: Option<String>, body: &impl Serialize) -> Result<Self, Refusal> {
        let Some(key) = key else {
            return Ok(Self {
                key: None,
                body_hash: None,
            });
        };
        let key = required(Some(key), "idempotency_key, when given,")?;
        if key.len() > MAX_KEY_BYTES {
            return Err(Refusal::Invalid(format!(
                "idempotency_key is longer than {MAX_KEY_BYTES} bytes"
            )));
        }
        let canonical = serde_json_canonicalizer::to_vec(body).map_err(Error::Json)?;
        Ok(Self {
            key: Some(key),
            body_hash: Some(Sha256::digest(canonical).to_vec()),
        })
    }
}

impl Store {
    pub(crate) async fn open(database: &Database) -> Result<Self, Error> {
        let (writer, reader) = match database {
            Database::Memory => {
                let only = SeaOrm::connect(options("sqlite::memory:", 1)).await?;
                (only.clone(), only)
            }
            Database::File(path) => {
                create_private(path).map_err(Error::File)?;
                let writer = SeaOrm::connect(file_options(path, 1, false)).await?;
                (
                    writer,
                    SeaOrm::connect(file_options(path, READERS, true)).await?,
                )
            }
        };
        writer.execute_unprepared(SCHEMA).await?;
        Ok(Self { writer, reader })
    }

    pub(crate) async fn read(
        &self,
        sql: &str,
        values: Vec<Value>,
    ) -> Result<Vec<QueryResult>, Error> {
        Ok(self.reader.query_all_raw(statement(sql, values)).await?)
    }

    /// Runs an `INSERT … ON CONFLICT (user_id, idempotency_key) DO UPDATE … RETURNING *` whose last two parameters are the key and the
    /// body's hash, and returns the row: the new one, or the one a former write with the same key and body left. Nothing comes back when
    /// the statement's own condition did not hold.
    pub(crate) async fn insert(
        &self,
        sql: &str,
        mut values: Vec<Value>,
        once: Once,
    ) -> Result<Option<QueryResult>, Refusal> {
        values.extend([once.key.into(), once.body_hash.clone().into()]);
        // All rows are asked for, not one: only a statement that has run to its end has committed.
        let rows = self
            .writer
            .query_all_raw(statement(sql, values))
            .await
            .map_err(Error::Database)?;
        let Some(row) = rows.into_iter().next() else {
            return Ok(None);
        };
        let stored: Option<Vec<u8>> = row.try_get("", "body_hash").map_err(Error::Database)?;
        if stored == once.body_hash {
            Ok(Some(row))
        } else {
            Err(Refusal::KeyReused)
        }
    }

    pub(crate) async fn close(&self) -> Result<(), Error> {
        self.reader.close_by_ref().await?;
        Ok(self.writer.close_by_ref().await?)
    }
}

fn statement(sql: &str, values: Vec<Value>) -> Statement {
    Statement::from_sql_and_values(DbBackend::Sqlite, sql, values)
}

fn options(url: &str, connections: u32) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(connections)
        .min_connections(1)
        // A connection to a local file does not go stale, and closing the only one would empty a database in memory.
        .idle_timeout(None::<Duration>)
        .max_lifetime(None::<Duration>)
        .test_before_acquire(false)
        // Statements carry what people wrote.
        .sqlx_logging(false)
        .record_stmt_in_spans(false);
    options
}

fn file_options(path: &Path, connections: u32, read_only: bool) -> ConnectOptions {
    // The path is set as a value: written into the address, a `?` or `%` in it would be misread.
    let mut options = options("sqlite://set-below", connections);
    let path = path.to_owned();
    options.map_sqlx_sqlite_opts(move |sqlite| {
        sqlite
            .filename(&path)
            .journal_mode(SqliteJournalMode::Wal)
            // After a power failure the last moments may be missing, never half a record: enough for a sample, and a write then costs
            // no fsync. A product that must not lose an acknowledged write says `Full`.
            .synchronous(SqliteSynchronous::Normal)
            .pragma("query_only", if read_only { "ON" } else { "OFF" })
    });
    options
}

/// Makes the file readable by its owner only, before `SQLite` would make it with the process's default; the log files beside it inherit that.
fn create_private(path: &Path) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    let mut open = fs::OpenOptions::new();
    open.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut open, 0o600);
    open.open(path).map(drop)
}
