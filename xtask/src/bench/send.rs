//! The main job under load: `POST /api/agents/send`, on SQLite, with a model that answers at once.

use std::{fs, path::Path, process, time::Duration};

use anyhow::{anyhow, ensure};

use crate::bench::{
    http::{self, Connection},
    latency::millis,
    load::{Load, Seen},
    machine::{self, Cores, Counters},
    server::{DAEMON_KEY, Programs, Server},
};

const PATH: &str = "/api/agents/send";
const BODY: &str =
    r#"{"tenant_id":"bench","user_id":"u1","session_key":"user:u1:lead","message":"hello"}"#;
const WARM_UP: Duration = Duration::from_secs(1);

/// How hard to try.
#[derive(Clone, Copy)]
pub struct Options {
    /// How many connections send at once.
    pub connections: u16,
    /// How many seconds are measured.
    pub seconds: u64,
}

/// CPU time used so far, by whom.
struct Work {
    daemon: Duration,
    backend: Duration,
    generator: Duration,
    machine: Cores,
}

/// Runs the load and prints what came of it.
pub fn measure(programs: &Programs, data: &Path, options: Options) -> anyhow::Result<()> {
    fs::create_dir_all(data)?;
    let backend = programs.start_backend(data)?;
    let mut daemon = programs.start_daemon(data, backend.address())?;
    daemon.wait_until_ready()?;
    let request = http::post(
        daemon.address(),
        PATH,
        &[("x-agent-daemon-key", DAEMON_KEY)],
        BODY,
    );
    ensure_answered(&daemon, &request)?;

    let counters = Counters::new();
    let load = Load {
        address: daemon.address(),
        request: &request,
        connections: options.connections,
        warm_up: WARM_UP,
        measured: Duration::from_secs(options.seconds),
    };
    let seen = load.run(|| observe(&counters, &daemon, &backend))?;
    ensure!(
        seen.answered.count() > 0,
        "nothing was answered: {}\n{}",
        first_failure(&seen),
        daemon.log()
    );
    print(&seen, options);
    Ok(())
}

/// One message before the load, so that a misconfiguration shows as itself and not as a bad number.
fn ensure_answered(daemon: &Server, request: &[u8]) -> anyhow::Result<()> {
    let answer =
        Connection::open(daemon.address()).and_then(|mut connection| connection.send(request));
    let answer = answer
        .map_err(|error| anyhow!("no answer to the first message: {error}\n{}", daemon.log()))?;
    let body = String::from_utf8_lossy(&answer.body);
    ensure!(
        answer.status == 200,
        "the first message was answered with {}: {body}\n{}",
        answer.status,
        daemon.log()
    );
    Ok(())
}

fn observe(counters: &Counters, daemon: &Server, backend: &Server) -> anyhow::Result<Work> {
    Ok(Work {
        daemon: counters.cpu_time(daemon.id())?,
        backend: counters.cpu_time(backend.id())?,
        generator: counters.cpu_time(process::id())?,
        machine: counters.cores()?,
    })
}

fn print(seen: &Seen<Work>, options: Options) {
    let elapsed = seen.elapsed.as_secs_f64();
    let answered = f64::from(u32::try_from(seen.answered.count()).unwrap_or(u32::MAX));
    let cores =
        |before: Duration, after: Duration| after.saturating_sub(before).as_secs_f64() / elapsed;
    let daemon = cores(seen.before.daemon, seen.after.daemon);
    let backend = cores(seen.before.backend, seen.after.backend);
    let generator = cores(seen.before.generator, seen.after.generator);
    let busy = cores(seen.before.machine.busy, seen.after.machine.busy);
    let all = cores(seen.before.machine.all, seen.after.machine.all);
    let others = (busy - daemon - backend - generator).max(0.0);

    println!(
        "send        {:.0} requests/s over {elapsed:.1} s at {} connections",
        answered / elapsed,
        options.connections
    );
    println!(
        "            p50 {}, p99 {}",
        millis(seen.answered.percentile(50)),
        millis(seen.answered.percentile(99))
    );
    println!(
        "            {:.0} requests per CPU-second of clasperd = per full core ({:.0} µs each, {daemon:.2} cores used)   [target >= 2500]",
        answered / (daemon * elapsed),
        daemon * elapsed / answered * 1e6,
    );
    let failed = seen.failed.len();
    println!(
        "            {failed} errors{}",
        if failed > 0 {
            format!(", the first: {}", first_failure(seen))
        } else {
            String::new()
        }
    );
    println!(
        "            beside it: example-backend {backend:.2} cores, load generator {generator:.2}, other processes {others:.2} ({:.0} % of the machine), load {}",
        100.0 * others / all.max(f64::EPSILON),
        machine::load_averages(),
    );
}

fn first_failure<State>(seen: &Seen<State>) -> &str {
    seen.failed
        .first()
        .map_or("no failure was seen", String::as_str)
}
