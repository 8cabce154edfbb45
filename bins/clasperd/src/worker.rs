//! Background work: one table of what is done how often.

use std::sync::Arc;
use std::time::Duration;

use clasper_core::StoreError;
use clasper_delegated::Executions;
use clasper_http::CredentialLimiter;
use clasper_runtime::service::AgentService;
use clasper_telemetry::MetricsHandle;
use clasper_webhook::Notices;
use futures::future::BoxFuture;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::evidence::Checkpointer;

/// A process that has not said for so long that it lives is taken for dead, and its runs are settled.
pub const SILENCE: Duration = Duration::from_secs(20);

/// A new entry is under a signed checkpoint after this and the time that signing takes: together at most a second.
const CHECKPOINT_PERIOD: Duration = Duration::from_millis(500);

type Tick = Arc<dyn Fn() -> BoxFuture<'static, Result<(), StoreError>> + Send + Sync>;

struct Worker {
    name: &'static str,
    period: Duration,
    tick: Tick,
}

fn worker<F>(
    name: &'static str,
    period: Duration,
    tick: impl Fn() -> F + Send + Sync + 'static,
) -> Worker
where
    F: Future<Output = Result<(), StoreError>> + Send + 'static,
{
    Worker {
        name,
        period,
        tick: Arc::new(move || Box::pin(tick())),
    }
}

/// Starts all background work. It ends with `stop`.
pub fn start(
    agents: &AgentService,
    executions: &Executions,
    checkpointer: &Checkpointer,
    notices: &Notices,
    limiter: &CredentialLimiter,
    metrics: Option<MetricsHandle>,
    tracker: &TaskTracker,
    stop: &CancellationToken,
) {
    let (beats, deliveries, orphans, answers, counts) = (
        agents.clone(),
        agents.clone(),
        agents.clone(),
        agents.clone(),
        agents.clone(),
    );
    let limiter = limiter.clone();
    let executions = executions.clone();
    let checkpointer = checkpointer.clone();
    let (telling, told) = (notices.clone(), notices.clone());
    let table = [
        worker(
            "say that this process lives",
            Duration::from_secs(5),
            move || {
                let agents = beats.clone();
                async move { agents.beat().await }
            },
        ),
        worker(
            "deliver waiting messages",
            Duration::from_secs(1),
            move || {
                let agents = deliveries.clone();
                async move { agents.deliver_due().await.map(drop) }
            },
        ),
        worker(
            "settle runs of dead processes",
            Duration::from_secs(10),
            move || {
                let agents = orphans.clone();
                async move { agents.recover(SILENCE).await.map(drop) }
            },
        ),
        worker(
            "escalate and expire approvals, let grants lapse",
            Duration::from_secs(1),
            move || {
                let executions = executions.clone();
                async move { executions.settle_due().await.map(drop) }
            },
        ),
        worker(
            "sign audit logs that have grown",
            CHECKPOINT_PERIOD,
            move || {
                let checkpointer = checkpointer.clone();
                async move { checkpointer.tick().await }
            },
        ),
        worker(
            "deliver callbacks and webhooks",
            Duration::from_secs(1),
            move || {
                let notices = telling.clone();
                async move { notices.deliver_due().await.map(drop) }
            },
        ),
        worker(
            "count waiting callbacks and webhooks, forget settled ones",
            Duration::from_secs(30),
            move || {
                let notices = told.clone();
                async move { notices.upkeep().await }
            },
        ),
        worker(
            "forget old idempotency answers",
            Duration::from_mins(10),
            move || {
                let agents = answers.clone();
                async move { agents.forget_answers().await.map(drop) }
            },
        ),
        worker(
            "count waiting messages",
            Duration::from_secs(10),
            move || {
                let agents = counts.clone();
                async move { agents.count_waiting().await }
            },
        ),
        worker(
            "forget idle rate limits",
            Duration::from_mins(1),
            move || {
                limiter.sweep();
                if let Some(metrics) = &metrics {
                    metrics.upkeep();
                }
                async { Ok(()) }
            },
        ),
    ];
    for worker in table {
        tracker.spawn(run(worker, stop.clone()));
    }
}

async fn run(worker: Worker, stop: CancellationToken) {
    let mut interval = tokio::time::interval(worker.period);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = interval.tick() => {}
        }
        if let Err(error) = (worker.tick)().await {
            tracing::warn!(worker = worker.name, error = %error, "background work failed; it will be tried again");
        }
    }
}
