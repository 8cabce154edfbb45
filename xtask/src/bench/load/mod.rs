//! The server under load, one way of using it after another, and the floor beside them.

mod floor;
mod report;
mod scenario;
mod senders;
mod setting;

pub use scenario::{ADAPTER, TENANT};

use std::{fs, path::Path, process, time::Duration};

use anyhow::{anyhow, ensure};

use crate::bench::{
    http::Connection,
    load::{
        report::{Figures, Report},
        scenario::{SCENARIOS, Scenario},
        senders::{Load, Seen},
        setting::Setting,
    },
    machine::{self, Cores, Counters},
    server::{Programs, Server},
};

const WARM_UP: Duration = Duration::from_secs(1);

/// How hard to try, and where to say what came of it.
pub struct Options<'o> {
    /// Which scenarios; all of them if there are none.
    pub only: &'o [String],
    /// How many connections send at once.
    pub connections: u16,
    /// How many seconds each scenario is measured.
    pub seconds: u64,
    /// How many requests a second all connections together send; as many as are answered when absent.
    pub rate: Option<u32>,
    /// Where to write the figures as JSON.
    pub json: Option<&'o Path>,
    /// Figures of another run to compare with.
    pub compare: Option<&'o Path>,
}

/// CPU time used so far, by whom.
struct Work {
    daemon: Duration,
    others: Duration,
    machine: Cores,
}

/// Runs the scenarios and prints what came of them.
pub fn measure(programs: &Programs, data: &Path, options: &Options) -> anyhow::Result<()> {
    for name in options.only {
        let known = SCENARIOS.iter().any(|scenario| scenario.name == name);
        let names: Vec<&str> = SCENARIOS.iter().map(|scenario| scenario.name).collect();
        ensure!(
            known,
            "there is no scenario {name}; there are {}",
            names.join(", ")
        );
    }
    let baseline = options.compare.map(Report::read).transpose()?;
    let mut report = Report::new(options);
    println!("{}", Report::heading(baseline.is_some()));
    for scenario in SCENARIOS {
        if !options.only.is_empty() && !options.only.iter().any(|name| name == scenario.name) {
            continue;
        }
        // A server and a database of its own: no scenario pays for what another has left.
        let folder = data.join(scenario.name);
        fs::create_dir_all(&folder)?;
        let figures = run(programs, &folder, scenario, options)?;
        let before = baseline.as_ref().and_then(|b| b.find(scenario.name));
        println!("{}", figures.line(before));
        report.add(figures);
        fs::remove_dir_all(&folder)?;
    }
    if let Some(file) = options.json {
        report.write(file)?;
        println!("\nwritten to {}", file.display());
    }
    Ok(())
}

fn run(
    programs: &Programs,
    folder: &Path,
    scenario: &Scenario,
    options: &Options,
) -> anyhow::Result<Figures> {
    let setting = Setting::new(programs, folder, scenario)?;
    ensure_answered(&setting, scenario)?;
    let counters = Counters::new();
    let request = |number| scenario.request(setting.address(), number);
    let load = Load {
        address: setting.address(),
        request: &request,
        connections: options.connections,
        rate: options.rate,
        warm_up: WARM_UP,
        measured: Duration::from_secs(options.seconds),
    };
    let seen = load.run(|| observe(&counters, &setting))?;
    ensure!(
        seen.answered.count() > 0,
        "{}: nothing was answered: {}\n{}",
        scenario.name,
        first_failure(&seen),
        setting.daemon.as_ref().map(Server::log).unwrap_or_default()
    );
    let peak = match &setting.daemon {
        Some(daemon) => machine::peak_memory(daemon.id())?,
        None => machine::peak_memory(process::id())?,
    };
    Ok(figures(scenario, &seen, peak))
}

/// One request before the load, so that a misconfiguration shows as itself and not as a bad number.
fn ensure_answered(setting: &Setting, scenario: &Scenario) -> anyhow::Result<()> {
    let request = scenario.request(setting.address(), u64::MAX);
    let answer =
        Connection::open(setting.address()).and_then(|mut connection| connection.send(&request));
    let log = || setting.daemon.as_ref().map(Server::log).unwrap_or_default();
    let answer =
        answer.map_err(|error| anyhow!("{}: no answer: {error}\n{}", scenario.name, log()))?;
    let body = String::from_utf8_lossy(&answer.body);
    ensure!(
        answer.is_good() && body.contains(scenario.answered_with),
        "{}: the first request was answered with {}: {body}\n{}",
        scenario.name,
        answer.status,
        log()
    );
    Ok(())
}

fn observe(counters: &Counters, setting: &Setting) -> anyhow::Result<Work> {
    let mut others = counters.cpu_time(process::id())?;
    if let Some(backend) = &setting.backend {
        others += counters.cpu_time(backend.id())?;
    }
    // The floor is a thread of this very process: what it uses cannot be told from what the senders use.
    let daemon = match &setting.daemon {
        Some(daemon) => counters.cpu_time(daemon.id())?,
        None => Duration::ZERO,
    };
    Ok(Work {
        daemon,
        others,
        machine: counters.cores()?,
    })
}

fn figures(scenario: &Scenario, seen: &Seen<Work>, peak: u64) -> Figures {
    let elapsed = seen.elapsed.as_secs_f64();
    let answered = f64::from(u32::try_from(seen.answered.count()).unwrap_or(u32::MAX));
    let cores =
        |before: Duration, after: Duration| after.saturating_sub(before).as_secs_f64() / elapsed;
    let daemon = cores(seen.before.daemon, seen.after.daemon);
    let beside = cores(seen.before.others, seen.after.others);
    let busy = cores(seen.before.machine.busy, seen.after.machine.busy);
    Figures {
        scenario: scenario.name.to_owned(),
        requests_per_second: answered / elapsed,
        events_per_request: scenario.events,
        p50_ms: seen.answered.percentile(50).as_secs_f64() * 1e3,
        p99_ms: seen.answered.percentile(99).as_secs_f64() * 1e3,
        cpu_us_per_request: daemon * elapsed / answered * 1e6,
        peak_memory_bytes: peak,
        errors: seen.failed.len(),
        first_error: seen.failed.first().cloned(),
        other_cores: (busy - daemon - beside).max(0.0),
        target: scenario.target.map(str::to_owned),
    }
}

fn first_failure<State>(seen: &Seen<State>) -> &str {
    let first = seen.failed.first();
    first.map_or("no failure was seen", String::as_str)
}
