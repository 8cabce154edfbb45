//! What the kernel says about processes and the machine. Linux only: other systems answer with an error.

use std::{fs, process::Command, thread::available_parallelism, time::Duration};

use anyhow::Context as _;

use crate::process;

/// CPU time since the machine started, all cores together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cores {
    /// Spent working, on our machine or by the host on others' behalf.
    pub busy: Duration,
    /// Spent altogether.
    pub all: Duration,
}

/// The kernel's counters of CPU time.
pub struct Counters {
    tick: Duration,
}

impl Counters {
    /// Asks for their unit, a hundredth of a second nearly everywhere.
    pub fn new() -> Self {
        let answer = process::output(Command::new("getconf").arg("CLK_TCK")).unwrap_or_default();
        let ticks = String::from_utf8_lossy(&answer)
            .trim()
            .parse()
            .unwrap_or(100_u32);
        Self {
            tick: Duration::from_secs(1) / ticks.max(1),
        }
    }

    /// CPU time of the machine.
    pub fn cores(&self) -> anyhow::Result<Cores> {
        let text = fs::read_to_string("/proc/stat")
            .context("the CPU time of the machine is only known on Linux")?;
        parse_cores(&text, self.tick).context("cannot read /proc/stat")
    }

    /// CPU time of a process since it started, in itself and in the kernel.
    pub fn cpu_time(&self, process: u32) -> anyhow::Result<Duration> {
        let file = format!("/proc/{process}/stat");
        let text = fs::read_to_string(&file).with_context(|| format!("cannot read {file}"))?;
        parse_cpu_time(&text, self.tick).with_context(|| format!("cannot understand {file}"))
    }
}

/// Resident memory of a process in bytes.
pub fn resident_memory(process: u32) -> anyhow::Result<u64> {
    let file = format!("/proc/{process}/status");
    let text = fs::read_to_string(&file).with_context(|| format!("cannot read {file}"))?;
    parse_kibibytes(&text, "VmRSS:").with_context(|| format!("no VmRSS in {file}"))
}

/// The most resident memory that a process ever had, in bytes.
pub fn peak_memory(process: u32) -> anyhow::Result<u64> {
    let file = format!("/proc/{process}/status");
    let text = fs::read_to_string(&file).with_context(|| format!("cannot read {file}"))?;
    parse_kibibytes(&text, "VmHWM:").with_context(|| format!("no VmHWM in {file}"))
}

/// The machine's load averages over 1, 5 and 15 minutes.
pub fn load_averages() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').take(3).collect::<Vec<_>>().join(" ")
}

/// Processor, cores and load.
pub fn description() -> String {
    let processors = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = processors
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    let model = model.map_or("unknown processor", |(_, name)| name.trim());
    let cores = available_parallelism().map_or(1, usize::from);
    format!("{model}, {cores} cores, load {}", load_averages())
}

fn parse_cores(text: &str, tick: Duration) -> Option<Cores> {
    let fields = text.lines().next()?.strip_prefix("cpu ")?;
    // user nice system idle iowait irq softirq steal; guest time is part of user already.
    let ticks: Vec<u32> = fields
        .split_whitespace()
        .take(8)
        .map_while(|field| field.parse().ok())
        .collect();
    let all: u32 = ticks.iter().sum();
    let idle = ticks.get(3)? + ticks.get(4)?;
    Some(Cores {
        busy: tick * (all - idle),
        all: tick * all,
    })
}

fn parse_cpu_time(text: &str, tick: Duration) -> Option<Duration> {
    // The second field is the program's name in parentheses, and may itself contain any of the separators.
    let (_, fields) = text.rsplit_once(") ")?;
    let mut fields = fields.split(' ').skip(11);
    let user: u32 = fields.next()?.parse().ok()?;
    let system: u32 = fields.next()?.parse().ok()?;
    Some(tick * (user + system))
}

fn parse_kibibytes(text: &str, name: &str) -> Option<u64> {
    let value = text.lines().find_map(|line| line.strip_prefix(name))?;
    let kibibytes: u64 = value.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kibibytes * 1024)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::bench::machine::{Cores, parse_cores, parse_cpu_time, parse_kibibytes};

    const TICK: Duration = Duration::from_millis(10);

    #[test]
    fn the_cpu_time_of_a_process_with_a_strange_name_is_found() {
        let text = "7 (a) b (c) S 1 7 7 0 -1 4194304 100 0 0 0 150 50 0 0 20 0 1 0 99 0 0\n";
        assert_eq!(parse_cpu_time(text, TICK), Some(Duration::from_secs(2)));
    }

    #[test]
    fn waiting_is_not_working() {
        let text = "cpu  100 0 50 800 40 0 5 5 0 0\ncpu0 1 1 1 1\n";
        let expected = Cores {
            busy: Duration::from_millis(1600),
            all: Duration::from_secs(10),
        };
        assert_eq!(parse_cores(text, TICK), Some(expected));
    }

    #[test]
    fn resident_memory_is_read_in_bytes() {
        assert_eq!(
            parse_kibibytes("Name:\tx\nVmRSS:\t   2048 kB\n", "VmRSS:"),
            Some(2 * 1024 * 1024)
        );
    }
}
