//! How soon the server is ready, and what it holds while it has nothing to do.

use std::{fs, path::Path, thread::sleep, time::Duration};

use crate::bench::{
    latency::{Latencies, millis},
    machine,
    server::Programs,
};

const STARTS: usize = 5;
const IDLE: Duration = Duration::from_secs(2);

/// Starts the server some times on one database and prints what it took; with `memory`, its resident memory too.
pub fn measure(programs: &Programs, data: &Path, memory: bool) -> anyhow::Result<()> {
    fs::create_dir_all(data)?;
    let backend = programs.start_backend(data)?;
    // The first start also makes the database.
    let first = programs
        .start_daemon(data, backend.address())?
        .wait_until_ready()?;
    let mut times = Vec::new();
    for _ in 0..STARTS {
        times.push(
            programs
                .start_daemon(data, backend.address())?
                .wait_until_ready()?,
        );
    }
    let times = Latencies::new(times);
    println!(
        "start-up    {} to ready (median of {STARTS}, {} to {}), {} with migrations   [target < 150 ms]",
        millis(times.percentile(50)),
        millis(times.percentile(0)),
        millis(times.percentile(100)),
        millis(first),
    );
    if memory {
        let mut daemon = programs.start_daemon(data, backend.address())?;
        daemon.wait_until_ready()?;
        sleep(IDLE);
        println!(
            "memory      {} resident, idle for {} s   [target < 40 MB]",
            megabytes(machine::resident_memory(daemon.id())?),
            IDLE.as_secs()
        );
    }
    println!("            load {}", machine::load_averages());
    Ok(())
}

/// Bytes in millions, as the target counts them.
fn megabytes(bytes: u64) -> String {
    format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000)
}

#[cfg(test)]
mod tests {
    use crate::bench::startup::megabytes;

    #[test]
    fn megabytes_have_one_decimal() {
        assert_eq!(megabytes(39_990_000), "39.9 MB");
    }
}
