//! The group commit: concurrent writes meet in one task, share a transaction, and are answered after its commit.

use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;
use clasper_core::StoreError;
use sea_orm::{DatabaseConnection, DatabaseTransaction, DbErr};
use tokio::sync::{mpsc, oneshot};
use tokio_util::task::TaskTracker;

use crate::dialect::Dialect;
use crate::error::{is_retryable, store_error};

/// Most writes in one transaction.
const LARGEST_GROUP: usize = 256;
/// Most writes waiting; beyond it the store says that it is overloaded.
const LONGEST_QUEUE: usize = 8192;
/// How often a write that lost a race is tried again.
const ATTEMPTS: u32 = 8;

/// Knows how to write a group of jobs within a transaction, without committing it.
///
/// `write` may be called again with the same jobs after a roll-back: it must derive everything from the jobs and the
/// database. A job whose precondition fails notes its refusal and changes nothing; an error rolls the group back.
#[async_trait]
pub trait CommitGroup: Send + 'static {
    /// One write.
    type Job: Send + 'static;

    /// Writes `jobs`.
    async fn write(
        &mut self,
        transaction: &DatabaseTransaction,
        jobs: &mut [Self::Job],
    ) -> Result<(), DbErr>;

    /// Answers a job whose group was committed.
    fn committed(&mut self, job: Self::Job);

    /// Answers a job that could not be committed.
    fn failed(&mut self, job: Self::Job, error: StoreError);
}

/// The way into the group commit. Cheap to clone.
#[derive(Debug)]
pub struct GroupCommit<J> {
    queue: mpsc::Sender<J>,
}

impl<J> Clone for GroupCommit<J> {
    fn clone(&self) -> Self {
        Self {
            queue: self.queue.clone(),
        }
    }
}

/// An answer that arrives after the commit.
pub type Submitted<T> = oneshot::Receiver<Result<T, StoreError>>;

impl<J: Send + 'static> GroupCommit<J> {
    /// Starts the task that writes. It ends when every handle is dropped and everything submitted is answered.
    pub fn start<G: CommitGroup<Job = J>>(
        group: G,
        connection: DatabaseConnection,
        tracker: &TaskTracker,
    ) -> Self {
        let (queue, jobs) = mpsc::channel(LONGEST_QUEUE);
        let dialect = Dialect::of(&connection);
        tracker.spawn(run(group, Arc::new(connection), dialect, jobs));
        Self { queue }
    }

    /// Hands in a job.
    ///
    /// # Errors
    /// [`StoreError::Overloaded`] when too many wait, [`StoreError::Unavailable`] when the task has ended.
    pub fn submit(&self, job: J) -> Result<(), StoreError> {
        self.queue.try_send(job).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => StoreError::Overloaded,
            mpsc::error::TrySendError::Closed(_) => {
                StoreError::Unavailable("the writer has stopped".into())
            }
        })
    }
}

async fn run<G: CommitGroup>(
    mut group: G,
    connection: Arc<DatabaseConnection>,
    dialect: Dialect,
    mut queue: mpsc::Receiver<G::Job>,
) {
    let mut jobs = Vec::with_capacity(LARGEST_GROUP);
    // No timer: while one group is being synced to disk, the next one gathers.
    while queue.recv_many(&mut jobs, LARGEST_GROUP).await > 0 {
        let begun = Instant::now();
        #[expect(clippy::cast_precision_loss, reason = "at most 256")]
        metrics::histogram!("clasper_writer_batch_size").record(jobs.len() as f64);
        match attempt(&mut group, &connection, dialect, &mut jobs).await {
            Ok(()) => jobs.drain(..).for_each(|job| group.committed(job)),
            // One of them is at fault, or somebody else was first: each alone, so that only the culprit is refused.
            Err(error) => {
                tracing::debug!(error = %error, jobs = jobs.len(), "a group was rolled back; writing one by one");
                for job in jobs.drain(..) {
                    alone(&mut group, &connection, dialect, job).await;
                }
            }
        }
        metrics::histogram!("clasper_writer_commit_seconds").record(begun.elapsed().as_secs_f64());
    }
}

async fn alone<G: CommitGroup>(
    group: &mut G,
    connection: &DatabaseConnection,
    dialect: Dialect,
    job: G::Job,
) {
    let mut jobs = [job];
    let mut attempts = 0;
    let outcome = loop {
        attempts += 1;
        match attempt(group, connection, dialect, &mut jobs).await {
            Err(error) if is_retryable(&error) && attempts < ATTEMPTS => {}
            outcome => break outcome,
        }
    };
    let [job] = jobs;
    match outcome {
        Ok(()) => group.committed(job),
        Err(error) => {
            tracing::error!(error = %error, "a write was refused by the database");
            group.failed(job, store_error(error));
        }
    }
}

async fn attempt<G: CommitGroup>(
    group: &mut G,
    connection: &DatabaseConnection,
    dialect: Dialect,
    jobs: &mut [G::Job],
) -> Result<(), DbErr> {
    let transaction = dialect.begin(connection).await?;
    match group.write(&transaction, jobs).await {
        Ok(()) => transaction.commit().await,
        Err(error) => {
            // The error that brought us here says more than one of the roll-back.
            let _ = transaction.rollback().await;
            Err(error)
        }
    }
}
