//! Background work: one table of what is done how often.

use std::sync::Arc;
use std::time::Duration;

use clasper_core::StoreError;
use futures::future::BoxFuture;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use crate::app::App;

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

/// What `tick` does with `part`, every `period`.
fn worker<T, F>(
    name: &'static str,
    period: Duration,
    part: &T,
    tick: impl Fn(T) -> F + Send + Sync + 'static,
) -> Worker
where
    T: Clone + Send + Sync + 'static,
    F: Future<Output = Result<(), StoreError>> + Send + 'static,
{
    let part = part.clone();
    Worker {
        name,
        period,
        tick: Arc::new(move || Box::pin(tick(part.clone()))),
    }
}

/// Starts all background work. It ends when the server stops.
pub fn start(app: &App) {
    for worker in work(app).into_iter().chain(upkeep(app)) {
        app.tracker.spawn(run(worker, app.shutdown.clone()));
    }
}

/// What others wait for.
fn work(app: &App) -> Vec<Worker> {
    let seconds = Duration::from_secs;
    let agents = &app.agents;
    vec![
        worker(
            "say that this process lives",
            seconds(5),
            agents,
            |agents| async move { agents.beat().await },
        ),
        worker(
            "deliver waiting messages",
            seconds(1),
            agents,
            |agents| async move { agents.deliver_due().await.map(drop) },
        ),
        worker(
            "settle runs of dead processes",
            seconds(10),
            agents,
            |agents| async move { agents.recover(SILENCE).await.map(drop) },
        ),
        worker(
            "escalate and expire approvals, let grants lapse",
            seconds(1),
            &app.executions,
            |executions| async move { executions.settle_due().await.map(drop) },
        ),
        worker(
            "let tokens of tools lapse",
            seconds(5),
            &app.executions,
            |executions| async move { executions.lapse_tools().await.map(drop) },
        ),
        worker(
            "sign audit logs that have grown",
            CHECKPOINT_PERIOD,
            &app.checkpointer,
            |checkpointer| async move { checkpointer.tick().await },
        ),
        worker(
            "make exports",
            seconds(1),
            &(app.export_worker.clone(), app.shutdown.clone()),
            |(exports, stop)| async move {
                // A stop need not wait for it: what was begun is taken up again by the next start.
                let made = stop.run_until_cancelled(exports.work()).await;
                made.map_or(Ok(()), |made| made.map(drop))
            },
        ),
        worker(
            "deliver callbacks and webhooks",
            seconds(1),
            &app.notices,
            |notices| async move { notices.deliver_due().await.map(drop) },
        ),
    ]
}

/// What keeps the house in order.
fn upkeep(app: &App) -> Vec<Worker> {
    let (seconds, minutes) = (Duration::from_secs, Duration::from_mins);
    let agents = &app.agents;
    let upkeep = (app.limiter.clone(), app.metrics.clone());
    vec![
        worker(
            "forget old checkpoints, but for the last of each hour",
            minutes(15),
            &app.watch,
            |watch| async move { watch.forget_old_checkpoints().await },
        ),
        worker(
            "tell the log of refused credentials and requests",
            minutes(1),
            &app.watch,
            |watch| async move { watch.tick().await },
        ),
        worker(
            "remove exports that had their time",
            minutes(1),
            &app.export_worker,
            |exports| async move { exports.sweep().await },
        ),
        worker(
            "drop traces that had their days",
            minutes(1),
            &(app.retention.clone(), app.shutdown.clone()),
            |(retention, stop)| async move {
                // A stop need not wait for it: what is left has its days past then, too.
                let swept = stop.run_until_cancelled(retention.sweep()).await;
                let traces = swept.unwrap_or(Ok(0))?;
                if traces > 0 {
                    tracing::info!(traces, "dropped traces that had their days");
                }
                Ok(())
            },
        ),
        worker(
            "count waiting callbacks and webhooks, forget settled ones",
            seconds(30),
            &app.notices,
            |notices| async move { notices.upkeep().await },
        ),
        worker(
            "forget old idempotency answers",
            minutes(10),
            agents,
            |agents| async move { agents.forget_answers().await.map(drop) },
        ),
        worker(
            "count waiting messages",
            seconds(10),
            agents,
            |agents| async move { agents.count_waiting().await },
        ),
        worker(
            "forget idle rate limits",
            minutes(1),
            &upkeep,
            |(limiter, metrics)| {
                limiter.sweep();
                if let Some(metrics) = &metrics {
                    metrics.upkeep();
                }
                async { Ok(()) }
            },
        ),
    ]
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
