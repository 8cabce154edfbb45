//! The store: the way into the group commit, and the connections that read.

use clasper_core::StoreError;
use clasper_db::{Database, Dialect, GroupCommit, store_error};
use sea_orm::{ConnectionTrait, DatabaseConnection};
use tokio::sync::{oneshot, watch};
use tokio_util::task::TaskTracker;

use crate::write::{AnyOp, Pending, WriteGroup, WriteOp};

/// Implements every port over one database. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    writes: GroupCommit<Box<dyn AnyOp>>,
    pub(crate) reader: DatabaseConnection,
    pub(crate) dialect: Dialect,
    commits: watch::Receiver<u64>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store")
            .field("dialect", &self.dialect)
            .finish_non_exhaustive()
    }
}

impl Store {
    /// Starts the writer, for which `tracker` waits; within a runtime. It ends when the last clone is dropped and everything is answered.
    #[must_use]
    #[expect(
        clippy::needless_pass_by_value,
        reason = "the store takes the database over: nothing else may write to it"
    )]
    pub fn start(database: Database, tracker: &TaskTracker) -> Self {
        let (told, commits) = watch::channel(0);
        let group = WriteGroup::new(database.dialect(), told);
        let writes = GroupCommit::start(group, database.group_writer(), tracker);
        Self {
            writes,
            reader: database.reader().clone(),
            dialect: database.dialect(),
            commits,
        }
    }

    /// Changes with every write of this process that was committed.
    #[must_use]
    pub fn commits(&self) -> watch::Receiver<u64> {
        self.commits.clone()
    }

    /// The connections that read.
    #[must_use]
    pub const fn reader(&self) -> &DatabaseConnection {
        &self.reader
    }

    /// The kind of database.
    #[must_use]
    pub const fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Hands in a write and waits until it is durable.
    ///
    /// # Errors
    /// [`StoreError`] when its group could not be committed, or the writer has stopped.
    pub async fn write<O: WriteOp>(&self, op: O) -> Result<O::Answer, StoreError> {
        let (done, answer) = oneshot::channel();
        self.writes.submit(Box::new(Pending::new(op, done)))?;
        answer
            .await
            .map_err(|_| StoreError::Unavailable("the writer has stopped".into()))?
    }

    /// Whether the database accepts writes: runs an empty group through the writer.
    ///
    /// # Errors
    /// [`StoreError`] when it does not.
    pub async fn check_writable(&self) -> Result<(), StoreError> {
        self.write(crate::write::Probe).await
    }

    /// Whether the database answers reads.
    ///
    /// # Errors
    /// [`StoreError`] when it does not.
    pub async fn check_readable(&self) -> Result<(), StoreError> {
        self.reader
            .execute_unprepared("SELECT 1")
            .await
            .map(drop)
            .map_err(store_error)
    }
}
