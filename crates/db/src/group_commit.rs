//! The group commit: concurrent writes meet in one task, share a transaction, and are answered after its commit.

use std::time::{Duration, Instant};

use async_trait::async_trait;
use clasper_core::StoreError;
use sea_orm::DbErr;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};
use tokio_util::task::TaskTracker;

use crate::error::{is_retryable, store_error};
use crate::transaction::WriteTransaction;
use crate::writer::GroupWriter;

/// Most writes in one transaction.
const LARGEST_GROUP: usize = 256;
/// Most writes waiting; beyond it the store says that it is overloaded.
const LONGEST_QUEUE: usize = 8192;
/// From how many writers on they are taken for a crowd, for which a group may wait longer.
const CROWD: usize = 8;
/// How long a writer with a thread of its own lets a group gather when writes come together. Each group costs a sync and
/// the pages that every write touches; what comes alone does not wait.
const GATHERING: Duration = Duration::from_micros(400);
/// How long it does for a crowd, whose next writes need this to come again. While one half of a crowd is written the other
/// half asks: without the wait it would be two groups for ever.
const GATHERING_CROWD: Duration = Duration::from_micros(1_200);
/// How often it looks meanwhile whether everybody is there again.
const STEP: Duration = Duration::from_micros(200);
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
        transaction: &WriteTransaction,
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
    /// Starts to write, within a runtime. It ends when every handle is dropped and everything submitted is answered;
    /// `tracker` waits for it. A writer that blocks has a thread of its own, so that no other task waits for the disk.
    pub fn start<G: CommitGroup<Job = J>>(
        group: G,
        writer: GroupWriter,
        tracker: &TaskTracker,
    ) -> Self {
        let (queue, jobs) = mpsc::channel(LONGEST_QUEUE);
        if !writer.blocks() {
            tracker.spawn(run(group, writer, jobs));
            return Self { queue };
        }
        let (runtime, token) = (Handle::current(), tracker.token());
        let thread = std::thread::Builder::new().name("clasper-writer".to_owned());
        let started = thread.spawn(move || {
            runtime.block_on(run(group, writer, jobs));
            drop(token);
        });
        if let Err(error) = started {
            // The jobs' channel went with the thread: every write is told that the writer has stopped.
            tracing::error!(error = %error, "the writer's thread cannot be started");
        }
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
    mut writer: GroupWriter,
    mut queue: mpsc::Receiver<G::Job>,
) {
    let mut jobs = Vec::with_capacity(LARGEST_GROUP);
    let mut last_group = 0;
    // While one group is being synced to disk, the next one gathers.
    loop {
        // Those who were just answered may come again; those who wait now were not among them.
        let everybody = last_group + queue.len();
        if queue.recv_many(&mut jobs, LARGEST_GROUP).await == 0 {
            return;
        }
        if writer.blocks() && everybody >= CROWD {
            gather(&mut queue, &mut jobs, everybody, GATHERING_CROWD);
        } else if writer.blocks() && last_group > 1 {
            gather(&mut queue, &mut jobs, last_group, GATHERING);
        }
        last_group = jobs.len();
        let begun = Instant::now();
        #[expect(clippy::cast_precision_loss, reason = "at most 256")]
        metrics::histogram!("clasper_writer_batch_size").record(jobs.len() as f64);
        write(&mut group, &mut writer, &mut jobs).await;
        metrics::histogram!("clasper_writer_commit_seconds").record(begun.elapsed().as_secs_f64());
    }
}

/// Waits, at most `longest`, for as many jobs as are expected. It blocks: a timer of the runtime is coarser than the wait.
fn gather<J>(queue: &mut mpsc::Receiver<J>, jobs: &mut Vec<J>, expected: usize, longest: Duration) {
    let expected = expected.min(LARGEST_GROUP);
    let begun = Instant::now();
    while jobs.len() < expected && begun.elapsed() < longest {
        std::thread::sleep(STEP);
        while jobs.len() < LARGEST_GROUP
            && let Ok(job) = queue.try_recv()
        {
            jobs.push(job);
        }
    }
}

/// Writes and answers `jobs`.
async fn write<G: CommitGroup>(group: &mut G, writer: &mut GroupWriter, jobs: &mut Vec<G::Job>) {
    let outcome = match begin(writer).await {
        Ok(transaction) => attempt(group, transaction, jobs).await,
        // No job is at fault, so none fares better alone.
        Err(error) => {
            tracing::error!(error = %error, jobs = jobs.len(), "the database takes no writes");
            for job in jobs.drain(..) {
                group.failed(job, store_error(error.clone()));
            }
            return;
        }
    };
    match outcome {
        Ok(()) => jobs.drain(..).for_each(|job| group.committed(job)),
        // One of them is at fault, or somebody else was first: each alone, so that only the culprit is refused.
        Err(error) => {
            tracing::debug!(error = %error, jobs = jobs.len(), "a group was rolled back; writing one by one");
            for job in jobs.drain(..) {
                alone(group, writer, job).await;
            }
        }
    }
}

async fn alone<G: CommitGroup>(group: &mut G, writer: &mut GroupWriter, job: G::Job) {
    let mut jobs = [job];
    let mut attempts = 0;
    let outcome = loop {
        attempts += 1;
        let transaction = match begin(writer).await {
            Ok(transaction) => transaction,
            Err(error) => break Err(error),
        };
        match attempt(group, transaction, &mut jobs).await {
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

async fn begin(writer: &mut GroupWriter) -> Result<WriteTransaction, DbErr> {
    // A connection that broke while it was idle shows only now, and the next one may be well.
    match writer.begin().await {
        Err(error) if !is_retryable(&error) => writer.begin().await,
        // Busy: SQLite has waited long enough.
        begun => begun,
    }
}

/// Writes `jobs` within `transaction` and commits it, or takes everything back.
async fn attempt<G: CommitGroup>(
    group: &mut G,
    transaction: WriteTransaction,
    jobs: &mut [G::Job],
) -> Result<(), DbErr> {
    match group.write(&transaction, jobs).await {
        Ok(()) => transaction.commit().await,
        Err(error) => {
            // The error that brought us here says more than one of the roll-back.
            let _ = transaction.rollback().await;
            Err(error)
        }
    }
}
