//! The programs under measurement: `clasperd` with the offline model on SQLite, and the sample backend.

use std::{
    fs::{self, File},
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};

use crate::bench::http::Connection;

/// The daemon key of the measured server. These secrets protect nothing: they live as long as a measurement.
pub const DAEMON_KEY: &str = "bench-daemon-key-0123456789abcdef0123456789";
const AGENT_SECRET: &str = "bench-agent-secret-0123456789abcdef0123456789";
/// The secret of its adapter tokens.
pub const ADAPTER_SECRET: &str = "bench-adapter-secret-0123456789abcdef01234567";

const PATIENCE: Duration = Duration::from_secs(30);

/// Where the built programs and their example workspace are.
pub struct Programs {
    folder: PathBuf,
    workspace: PathBuf,
}

impl Programs {
    /// The programs in a folder of cargo's target folder.
    pub fn new(folder: PathBuf, root: &Path) -> Self {
        Self {
            folder,
            workspace: root.join("examples/workspace"),
        }
    }

    /// Starts the backend and waits until it takes connections.
    pub fn start_backend(&self, data: &Path) -> anyhow::Result<Server> {
        let address = free_address()?;
        let mut command = Command::new(self.folder.join("example-backend"));
        command
            .arg("--listen")
            .arg(address.to_string())
            .arg("--data-dir")
            .arg(data.join("backend"));
        command.env("AGENT_JWT_SECRET", AGENT_SECRET);
        let mut server = Server::start(command, address, data.join("backend.log"))?;
        server.wait_until(|address| Connection::open(address).is_ok())?;
        Ok(server)
    }

    /// Starts `clasperd` on this database folder; it may not be ready yet.
    pub fn start_daemon(&self, data: &Path, backend: SocketAddr) -> anyhow::Result<Server> {
        let address = free_address()?;
        let mut command = Command::new(self.folder.join("clasperd"));
        command.arg("serve").current_dir(data);
        command.env("CLASPER_LISTEN", address.to_string());
        command.env(
            "CLASPER_DATABASE_URL",
            format!("sqlite://{}?mode=rwc", data.join("clasper.db").display()),
        );
        command.env("CLASPER_WORKSPACE", &self.workspace);
        command.env("BACKEND_URL", format!("http://{backend}"));
        command
            .env("AGENT_JWT_SECRET", AGENT_SECRET)
            .env("ADAPTER_JWT_SECRET", ADAPTER_SECRET);
        command.env("AGENT_DAEMON_API_KEY", DAEMON_KEY);
        command
            .env("LLM_PROVIDER", "scripted")
            .env("LLM_MODEL_DEFAULT", "scripted/echo");
        command
            .env("CLASPER_DEFAULT_TASK", "Bench")
            .env("CLASPER_RATE_LIMIT_PER_SECOND", "0");
        Server::start(command, address, data.join("clasperd.log"))
    }
}

/// A running program. It is killed when this value goes.
pub struct Server {
    child: Child,
    address: SocketAddr,
    started: Instant,
    log: PathBuf,
}

impl Server {
    fn start(mut command: Command, address: SocketAddr, log: PathBuf) -> anyhow::Result<Self> {
        let output = File::create(&log)?;
        command
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output);
        let started = Instant::now();
        let child = command
            .spawn()
            .with_context(|| format!("cannot start {}", command.get_program().display()))?;
        Ok(Self {
            child,
            address,
            started,
            log,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until `/readyz` answers 200; answers how long that took from the start of the process.
    pub fn wait_until_ready(&mut self) -> anyhow::Result<Duration> {
        self.wait_until(|address| {
            let answer =
                Connection::open(address).and_then(|mut connection| connection.get("/readyz"));
            answer.is_ok_and(|answer| answer.status == 200)
        })
    }

    fn wait_until(&mut self, holds: impl Fn(SocketAddr) -> bool) -> anyhow::Result<Duration> {
        while self.started.elapsed() < PATIENCE {
            if holds(self.address) {
                return Ok(self.started.elapsed());
            }
            if let Some(status) = self.child.try_wait()? {
                bail!("the server ended with {status}:\n{}", self.log());
            }
            sleep(Duration::from_millis(1));
        }
        bail!(
            "the server was not ready within {} s:\n{}",
            PATIENCE.as_secs(),
            self.log()
        );
    }

    /// The end of what it printed.
    pub fn log(&self) -> String {
        let text = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself; there is nothing else to do about it here.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_address() -> anyhow::Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}
