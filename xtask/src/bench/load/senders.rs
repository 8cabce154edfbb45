//! The load generator: threads that each keep one connection busy.

use std::{
    net::SocketAddr,
    sync::atomic::{AtomicU8, AtomicU64, Ordering},
    thread::{scope, sleep},
    time::{Duration, Instant},
};

use crate::bench::{http::Connection, latency::Latencies};

const WARMING: u8 = 0;
const MEASURING: u8 = 1;
const DONE: u8 = 2;

/// What to send, and for how long.
pub struct Load<'request> {
    /// Where to.
    pub address: SocketAddr,
    /// The whole request with this number; none is sent twice.
    pub request: &'request (dyn Fn(u64) -> Vec<u8> + Sync),
    /// How many connections send at once.
    pub connections: u16,
    /// How many requests a second all connections together send; as many as are answered when absent. What comes late is
    /// not made up for, and its duration counts from when it should have been sent.
    pub rate: Option<u32>,
    /// How long to send before anything counts.
    pub warm_up: Duration,
    /// How long to measure.
    pub measured: Duration,
}

/// What was seen between two moments.
pub struct Seen<State> {
    /// Durations of the requests answered with 2xx.
    pub answered: Latencies,
    /// How many others there were, and the first of them.
    pub failed: Vec<String>,
    /// How long it really took.
    pub elapsed: Duration,
    /// The world before.
    pub before: State,
    /// The world after.
    pub after: State,
}

impl Load<'_> {
    /// Sends, and looks at the world by `observe` when measuring begins and ends.
    pub fn run<State>(
        &self,
        observe: impl Fn() -> anyhow::Result<State>,
    ) -> anyhow::Result<Seen<State>> {
        let phase = AtomicU8::new(WARMING);
        let numbers = AtomicU64::new(0);
        scope(|scope| {
            let workers: Vec<_> = (0..self.connections)
                .map(|_| scope.spawn(|| self.work(&phase, &numbers)))
                .collect();
            sleep(self.warm_up);
            let before = observe();
            let started = Instant::now();
            phase.store(MEASURING, Ordering::Relaxed);
            sleep(self.measured);
            // The phase ends before anything that may fail, so that the workers end too.
            phase.store(DONE, Ordering::Relaxed);
            let elapsed = started.elapsed();
            let after = observe();
            let mut answered = Vec::new();
            let mut failed = Vec::new();
            for worker in workers {
                let (durations, failures) = worker
                    .join()
                    .map_err(|_| anyhow::anyhow!("a sender panicked"))?;
                answered.extend(durations);
                failed.extend(failures);
            }
            Ok(Seen {
                answered: Latencies::new(answered),
                failed,
                elapsed,
                before: before?,
                after: after?,
            })
        })
    }

    fn work(&self, phase: &AtomicU8, numbers: &AtomicU64) -> (Vec<Duration>, Vec<String>) {
        let mut answered = Vec::new();
        let mut failed = Vec::new();
        let mut kept = None;
        let pause = self
            .rate
            .map(|rate| Duration::from_secs(1) * u32::from(self.connections) / rate.max(1));
        let mut due = Instant::now();
        loop {
            let request = (self.request)(numbers.fetch_add(1, Ordering::Relaxed));
            let now = Instant::now();
            if let Some(pause) = pause {
                due += pause;
                sleep(due.saturating_duration_since(now));
            } else {
                due = now;
            }
            let result = self.send(&mut kept, &request);
            let took = due.elapsed();
            match phase.load(Ordering::Relaxed) {
                WARMING => {}
                MEASURING => match result {
                    Ok(()) => answered.push(took),
                    Err(what) => failed.push(what),
                },
                _ => return (answered, failed),
            }
        }
    }

    /// Sends once, on the kept connection if there is one.
    fn send(&self, kept: &mut Option<Connection>, request: &[u8]) -> Result<(), String> {
        let mut connection = match kept.take() {
            Some(connection) => connection,
            None => Connection::open(self.address)
                .map_err(|error| format!("cannot connect: {error}"))?,
        };
        let answer = connection
            .send(request)
            .map_err(|error| format!("no answer: {error}"))?;
        *kept = Some(connection);
        if answer.is_good() {
            Ok(())
        } else {
            let body = String::from_utf8_lossy(&answer.body);
            Err(format!(
                "{}: {}",
                answer.status,
                body.chars().take(300).collect::<String>()
            ))
        }
    }
}
