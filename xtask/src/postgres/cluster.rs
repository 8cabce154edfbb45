//! A Postgres cluster in a temporary folder that cannot outlive this process.

use std::{
    fs,
    net::TcpListener,
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail, ensure};
use tempfile::TempDir;

use crate::postgres::{account::Account, programs::Programs};

/// How long a cluster may take to start or to stop on a machine that is busy compiling.
const PATIENCE: Duration = Duration::from_mins(1);

/// How often to start again when another program took the port between our look and the server's.
const ATTEMPTS: u32 = 3;

/// The shell that holds the server. It waits for the end of its input, which comes when this process closes the pipe or
/// dies in whatever way; then it stops the server and deletes the folder. It stands in a process group of its own, so that
/// Ctrl-C reaches us and not it. The data is thrown away, so the server stops without a last checkpoint (SIGQUIT).
const HOLDER: &str = r#"
folder=$1
shift
exec 3<&0
"$@" >"$folder/log" 2>&1 3<&- &
server=$!
( cat <&3 >/dev/null; : >"$folder/stopping"; kill -QUIT "$server" ) 2>/dev/null &
watcher=$!
wait "$server"
if [ -e "$folder/stopping" ]; then rm -rf "$folder"; else kill "$watcher"; fi
"#;

/// Settings of a server for tests: durable as in production, and small. Many test processes connect at once.
const SETTINGS: &[&str] = &[
    "listen_addresses=127.0.0.1",
    "fsync=on",
    "max_connections=300",
    "shared_buffers=64MB",
    "timezone=UTC",
];

/// A running cluster. It stops and its folder goes when this value does.
pub struct Cluster {
    port: u16,
    holder: Child,
    folder: TempDir,
}

impl Cluster {
    /// Makes a cluster and waits until it answers.
    pub fn start(programs: &Programs, account: &Account) -> anyhow::Result<Self> {
        let folder = make_folder(account)?;
        initialise(programs, account, folder.path())?;
        let mut attempt = 1;
        loop {
            let port = free_port()?;
            let mut holder = hold(programs, account, folder.path(), port)?;
            if is_ready(&mut holder, folder.path())? {
                return Ok(Self {
                    port,
                    holder,
                    folder,
                });
            }
            ensure!(
                attempt < ATTEMPTS,
                "Postgres does not start:\n{}",
                log(folder.path())
            );
            attempt += 1;
        }
    }

    /// Where it listens, as its superuser.
    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.holder.stdin.take());
        let stopped = ends_within(&mut self.holder, PATIENCE);
        if !stopped.unwrap_or(false) {
            eprintln!(
                "the private Postgres in {} does not stop",
                self.folder.path().display()
            );
        }
    }
}

fn make_folder(account: &Account) -> anyhow::Result<TempDir> {
    // Another account may not be able to reach our own temporary folder. The path stays short in `/tmp`, too: the name
    // of a Unix socket has about a hundred bytes.
    let common = Path::new("/tmp");
    let parent: PathBuf = if account.is_other() || common.is_dir() {
        common.to_owned()
    } else {
        std::env::temp_dir()
    };
    let made = tempfile::Builder::new()
        .prefix("clasper-pg-")
        .tempdir_in(&parent);
    let folder = made.with_context(|| format!("cannot make a folder in {}", parent.display()))?;
    account
        .own(folder.path())
        .context("cannot give the folder to the server's account")?;
    Ok(folder)
}

fn initialise(programs: &Programs, account: &Account, folder: &Path) -> anyhow::Result<()> {
    let mut command = command(&programs.get("initdb"), account, folder);
    command.args([
        "--username=postgres",
        "--auth=trust",
        "--encoding=UTF8",
        "--locale=C",
        "--no-sync",
        "--pgdata",
    ]);
    let output = command
        .arg(folder.join("data"))
        .output()
        .context("cannot start initdb")?;
    ensure!(
        output.status.success(),
        "initdb failed:\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}

/// Starts the shell that holds the server.
fn hold(programs: &Programs, account: &Account, folder: &Path, port: u16) -> anyhow::Result<Child> {
    let mut command = command(Path::new("/bin/sh"), account, folder);
    command.args(["-c", HOLDER, "holder"]).arg(folder);
    command
        .arg(programs.get("postgres"))
        .arg("-D")
        .arg(folder.join("data"));
    command.arg("-c").arg(format!("port={port}"));
    command
        .arg("-c")
        .arg(format!("unix_socket_directories={}", folder.display()));
    for setting in SETTINGS {
        command.args(["-c", setting]);
    }
    command
        .stdin(Stdio::piped())
        .process_group(0)
        .spawn()
        .context("cannot start the shell that holds Postgres")
}

/// A command under the server's account, without the environment: `PG…` variables would change what it does.
fn command(program: &Path, account: &Account, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("LC_ALL", "C")
        .current_dir(folder);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    account.apply(&mut command);
    command
}

/// A port that was free a moment ago.
fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

/// Waits until the server says it is ready; answers false if it ended instead.
fn is_ready(holder: &mut Child, folder: &Path) -> anyhow::Result<bool> {
    let started = Instant::now();
    while started.elapsed() < PATIENCE {
        if says_ready(&fs::read_to_string(folder.join("data/postmaster.pid")).unwrap_or_default()) {
            return Ok(true);
        }
        if ends_within(holder, Duration::from_millis(20))? {
            return Ok(false);
        }
    }
    bail!(
        "Postgres was not ready within {} s:\n{}",
        PATIENCE.as_secs(),
        log(folder)
    );
}

/// The eighth line of the server's lock file is its state.
fn says_ready(lock_file: &str) -> bool {
    lock_file
        .lines()
        .nth(7)
        .is_some_and(|state| state.trim_end() == "ready")
}

fn ends_within(child: &mut Child, patience: Duration) -> anyhow::Result<bool> {
    let started = Instant::now();
    loop {
        if child.try_wait()?.is_some() {
            return Ok(true);
        }
        if started.elapsed() >= patience {
            return Ok(false);
        }
        sleep(Duration::from_millis(5));
    }
}

fn log(folder: &Path) -> String {
    fs::read_to_string(folder.join("log")).unwrap_or_else(|error| format!("(no log: {error})"))
}

#[cfg(test)]
mod tests {
    use crate::postgres::cluster::says_ready;

    #[test]
    fn a_server_is_ready_when_its_lock_file_says_so() {
        let file = |state: &str| format!("1\n/data\n0\n5432\n/tmp\n127.0.0.1\n1 2\n{state}\n");
        assert!(says_ready(&file("ready   ")));
        assert!(!says_ready(&file("starting")));
        assert!(!says_ready("1\n/data\n"));
    }
}
