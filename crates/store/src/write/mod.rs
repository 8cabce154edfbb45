//! Writes: operations that share a transaction.

mod adapter;
mod adapter_key;
mod alert;
mod batch;
mod budget;
mod budget_scope;
mod effect;
mod evidence;
mod execution;
mod export;
mod governed;
mod history;
mod hold;
mod identity;
mod needs;
mod nested;
mod notice;
mod open_run;
mod outbox;
mod policy;
mod presence;
mod price;
mod redaction;
mod report;
mod reported;
mod settle_run;
mod telemetry_key;
mod tool;
mod trace;
mod trace_note;
mod webhook;

use async_trait::async_trait;
use clasper_core::StoreError;
use clasper_db::{CommitGroup, Dialect, WriteTransaction};
use sea_orm::DbErr;
use tokio::sync::{oneshot, watch};

pub(crate) use adapter::PutAdapter;
pub(crate) use adapter_key::{IssueAdapterKey, RevokeAdapterKeys};
pub use batch::Batch;
pub(crate) use budget::SetBudget;
pub(crate) use budget_scope::SetScopeBudget;
pub(crate) use effect::{DecideEffect, RecordEffect};
pub(crate) use evidence::{AdoptLogKey, ExtendLog};
pub(crate) use execution::{OpenExecution, StepExecution};
pub(crate) use export::{
    CancelExport, EndExport, ExpireExport, ForgetExports, NoteDownload, ReportExport,
    RequestExport, TakeExport,
};
pub(crate) use history::stored as stored_history;
pub(crate) use hold::ExtendHold;
pub(crate) use identity::{CreateApiKey, CreateTenant, RevokeApiKey};
pub use needs::Needs;
pub use nested::scopes as hold_scopes;
pub(crate) use notice::{ForgetNotices, RecordNotice, TakeNotices, WAITING};
pub(crate) use open_run::OpenRun;
pub(crate) use outbox::{Delivered, GiveUp, PutOff, TakeDue};
pub(crate) use policy::{ActivateBundle, DeactivateSlot, SaveBundle};
pub(crate) use presence::{Beat, ForgetAnswers, Probe};
pub(crate) use price::{PutPrice, tariff as stored_tariff};
pub(crate) use redaction::{PutRedaction, RecordReveal};
pub(crate) use report::RecordReports;
pub(crate) use settle_run::SettleRun;
pub(crate) use telemetry_key::{RevokeTelemetryKeys, SetTelemetryKey};
pub(crate) use tool::{AuthorizeTool, StepTool};
pub use trace_note::labels_hash;
pub(crate) use trace_note::{Annotate, ChangeLabels};
pub(crate) use webhook::{AddTest, ChangeEndpoint, CreateEndpoint, Redeliver, RemoveEndpoint};

/// One write. It may be applied more than once (a group that is rolled back is written again), so it changes nothing of
/// itself and derives everything from its own values and the batch.
#[async_trait]
pub trait WriteOp: Send + Sync + 'static {
    /// What the caller is told after the commit.
    type Answer: Send + Sync + 'static;

    /// The rows that must be loaded (and their tenants locked) before [`WriteOp::apply`].
    fn needs(&self, needs: &mut Needs);

    /// Decides and adds rows to the batch. A refusal is an answer and changes nothing.
    async fn apply(
        &self,
        batch: &mut Batch,
        transaction: &WriteTransaction,
    ) -> Result<Self::Answer, DbErr>;
}

/// A write together with the channel of its caller, whatever its answer's type.
#[async_trait]
pub(crate) trait AnyOp: Send + Sync {
    fn needs(&self, needs: &mut Needs);
    async fn apply(
        &mut self,
        batch: &mut Batch,
        transaction: &WriteTransaction,
    ) -> Result<(), DbErr>;
    fn committed(self: Box<Self>);
    fn failed(self: Box<Self>, error: StoreError);
}

pub(crate) struct Pending<O: WriteOp> {
    op: O,
    answer: Option<O::Answer>,
    done: oneshot::Sender<Result<O::Answer, StoreError>>,
}

impl<O: WriteOp> Pending<O> {
    pub(crate) const fn new(op: O, done: oneshot::Sender<Result<O::Answer, StoreError>>) -> Self {
        Self {
            op,
            answer: None,
            done,
        }
    }
}

#[async_trait]
impl<O: WriteOp> AnyOp for Pending<O> {
    fn needs(&self, needs: &mut Needs) {
        self.op.needs(needs);
    }

    async fn apply(
        &mut self,
        batch: &mut Batch,
        transaction: &WriteTransaction,
    ) -> Result<(), DbErr> {
        self.answer = Some(self.op.apply(batch, transaction).await?);
        Ok(())
    }

    fn committed(self: Box<Self>) {
        let answer = self
            .answer
            .ok_or_else(|| StoreError::Unavailable("the write was not applied".into()));
        // The caller may be gone; what is committed is committed.
        let _ = self.done.send(answer);
    }

    fn failed(self: Box<Self>, error: StoreError) {
        let _ = self.done.send(Err(error));
    }
}

/// Writes groups of operations.
pub(crate) struct WriteGroup {
    dialect: Dialect,
    /// Counts writes, for those who wait for the next.
    told: watch::Sender<u64>,
}

impl WriteGroup {
    pub(crate) const fn new(dialect: Dialect, told: watch::Sender<u64>) -> Self {
        Self { dialect, told }
    }
}

#[async_trait]
impl CommitGroup for WriteGroup {
    type Job = Box<dyn AnyOp>;

    async fn write(
        &mut self,
        transaction: &WriteTransaction,
        jobs: &mut [Self::Job],
    ) -> Result<(), DbErr> {
        let mut needs = Needs::default();
        for job in jobs.iter() {
            job.needs(&mut needs);
        }
        let mut batch = Batch::load(transaction, self.dialect, needs).await?;
        for job in jobs.iter_mut() {
            job.apply(&mut batch, transaction).await?;
        }
        batch.flush(transaction).await
    }

    fn committed(&mut self, job: Self::Job) {
        job.committed();
        self.told
            .send_modify(|writes| *writes = writes.wrapping_add(1));
    }

    fn failed(&mut self, job: Self::Job, error: StoreError) {
        job.failed(error);
    }
}
