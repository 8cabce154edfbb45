//! One road for whole and streamed runs: a task of its own, so that a vanished caller never leaves a run half done.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;
use tokio_util::sync::{CancellationToken, DropGuard};
use tracing::{Instrument, Span};

use crate::send::{Error, RunEvent, SendReply};
use crate::service::admit::Entry;
use crate::service::ending::Ending;
use crate::service::engine::Engine;
use crate::service::leash::Leash;
use crate::service::plan::Plan;
use crate::service::session::Session;
use crate::service::sink::{BUFFERED_EVENTS, RunStream, Sink};

/// How long a client that has stopped reading is waited for with the last event. Everything is recorded by then.
const LAST_EVENT: Duration = Duration::from_secs(30);

impl Engine {
    /// Runs `plan` and waits for its whole answer.
    pub(crate) async fn run_whole(self: &Arc<Self>, plan: Plan) -> Result<SendReply, Error> {
        let trace = plan.facts.agent.trace;
        let (cancel, guard) = self.leash();
        let (answer, answered) = oneshot::channel();
        let (engine, span) = (Arc::clone(self), run_span(&plan));
        let work = async move {
            let result = engine.drive(plan, Sink::Whole, cancel).await;
            // Nobody listens when the caller went away; the run is settled all the same.
            let _ = answer.send(result);
        };
        self.deps.tracker.spawn(work.instrument(span));
        let result = answered.await.unwrap_or(Err(Error::Internal { trace }));
        guard.disarm();
        result
    }

    /// Runs `plan` and returns its events once it is admitted.
    pub(crate) async fn run_streamed(self: &Arc<Self>, plan: Plan) -> Result<RunStream, Error> {
        let trace = plan.facts.agent.trace;
        let (cancel, guard) = self.leash();
        let (sender, mut events) = mpsc::channel(BUFFERED_EVENTS);
        let (engine, span) = (Arc::clone(self), run_span(&plan));
        let work = async move {
            let result = engine
                .drive(plan, Sink::Streamed(sender.clone()), cancel)
                .await;
            let last =
                result.map_or_else(RunEvent::Failed, |reply| RunEvent::Done(Box::new(reply)));
            let _ = timeout(LAST_EVENT, sender.send(last)).await;
        };
        self.deps.tracker.spawn(work.instrument(span));
        match events.recv().await {
            Some(RunEvent::Failed(error)) => Err(error),
            first @ Some(_) => Ok(RunStream {
                first,
                events,
                _cancel: guard,
            }),
            None => Err(Error::Internal { trace }),
        }
    }

    /// The token that ends a run, and the guard that pulls it when the caller goes away.
    fn leash(&self) -> (CancellationToken, DropGuard) {
        let cancel = self.deps.abort.child_token();
        (cancel.clone(), cancel.drop_guard())
    }

    async fn drive(
        self: &Arc<Self>,
        plan: Plan,
        sink: Sink,
        cancel: CancellationToken,
    ) -> Result<SendReply, Error> {
        let admission = match self.admit(&plan, &cancel).await? {
            Entry::Admitted(admission) => admission,
            Entry::Replayed(reply) => return replay(*reply, &sink).await,
        };
        let leash = Leash::new(cancel, self.config.run_timeout);
        // A reader that is gone has cancelled the leash: the run notices that itself.
        let _ = sink
            .send(start(plan.facts.agent.trace, plan.facts.execution))
            .await;
        let mut session = Session::new(self, plan, admission, sink, leash);
        // A bug in the loop must not keep the hold: it is settled like any other failure.
        let work = async {
            session.converse().await?;
            session.tell_rest().await
        };
        let work = AssertUnwindSafe(work).catch_unwind();
        let ended = work.await.unwrap_or(Err(Ending::Panicked));
        session.finish(self, ended).await
    }
}

/// The answer given before, as events for those who read events.
async fn replay(reply: SendReply, sink: &Sink) -> Result<SendReply, Error> {
    let _ = sink.send(start(reply.trace_id, reply.execution_id)).await;
    let _ = sink.send(RunEvent::Chunk(reply.response.clone())).await;
    Ok(reply)
}

const fn start(
    trace_id: clasper_core::TraceId,
    execution_id: clasper_core::ExecutionId,
) -> RunEvent {
    RunEvent::Start {
        trace_id,
        execution_id,
    }
}

fn run_span(plan: &Plan) -> Span {
    let agent = &plan.facts.agent;
    tracing::info_span!(
        "invoke_agent",
        otel.name = %format!("invoke_agent {}", agent.role),
        gen_ai.operation.name = "invoke_agent",
        gen_ai.agent.name = %agent.role,
        tenant.id = %agent.tenant,
        trace.id = %agent.trace,
        execution.id = %plan.facts.execution,
    )
}
