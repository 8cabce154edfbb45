//! What stands before a scenario is measured: servers, a tenant, an adapter, rules, and things to read.

use std::{net::SocketAddr, path::Path};

use anyhow::{Context as _, ensure};

use crate::bench::{
    http::{self, Connection},
    load::{
        floor::Floor,
        scenario::{ADAPTER, Asker, SCENARIOS, Scenario, TENANT},
    },
    server::{DAEMON_KEY, Programs, Server},
    token::adapter_token,
};

/// The servers of a scenario, prepared.
pub struct Setting {
    /// The measured server; the floor has none.
    pub daemon: Option<Server>,
    /// The sample backend.
    pub backend: Option<Server>,
    address: SocketAddr,
}

impl Setting {
    /// Starts and prepares what `scenario` needs, in `folder`.
    pub fn new(programs: &Programs, folder: &Path, scenario: &Scenario) -> anyhow::Result<Self> {
        if scenario.asker == Asker::Nobody {
            let floor = Floor::start()?;
            return Ok(Self {
                daemon: None,
                backend: None,
                address: floor.address(),
            });
        }
        let backend = programs.start_backend(folder)?;
        let mut daemon = programs.start_daemon(folder, backend.address())?;
        daemon.wait_until_ready()?;
        let setting = Self {
            address: daemon.address(),
            daemon: Some(daemon),
            backend: Some(backend),
        };
        setting.prepare(scenario)?;
        Ok(setting)
    }

    /// Where requests go.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    fn prepare(&self, scenario: &Scenario) -> anyhow::Result<()> {
        let daemon = [("x-agent-daemon-key", DAEMON_KEY), ("x-tenant-id", TENANT)];
        let tenant = format!(r#"{{"tenant_id":"{TENANT}","name":"Bench"}}"#);
        self.post("/tenants", &daemon, &tenant)?;
        if scenario.asker == Asker::Adapter {
            let adapter = format!(
                r#"{{"adapter_id":"{ADAPTER}","display_name":"Bench","risk_class":"low","enabled":true,"capabilities":["exec"],"version":"1.0"}}"#
            );
            let token = [("x-adapter-token", adapter_token())];
            self.post("/adapters/register", &token, &adapter)?;
            self.rule(&daemon, "listing", "ls", "allow")?;
            self.rule(&daemon, "restart", "systemctl", "require_approval")?;
            for number in 2..scenario.policies {
                let name = format!("rule-{number}");
                self.rule(&daemon, &name, &name, "allow")?;
            }
        }
        let first = SCENARIOS.iter().find(|other| other.name == "send");
        let send = first.context("a scenario that sends")?;
        let mut connection = Connection::open(self.address)?;
        for number in 0..scenario.runs_before {
            let answer = connection.send(&send.request(self.address, number.into()))?;
            ensure!(answer.is_good(), "a message before: {}", answer.status);
        }
        Ok(())
    }

    fn rule(
        &self,
        headers: &[(&str, &str)],
        name: &str,
        program: &str,
        effect: &str,
    ) -> anyhow::Result<()> {
        let rule = format!(
            r#"{{"policy_id":"{name}","subject":{{"type":"tool","name":"exec"}},"conditions":{{"context.exec.argv0":{{"in":["{program}"]}}}},"effect":{{"decision":"{effect}"}},"precedence":10}}"#
        );
        self.post("/ops/api/policies", headers, &rule)
    }

    fn post(&self, path: &str, headers: &[(&str, &str)], body: &str) -> anyhow::Result<()> {
        let request = http::post(self.address, path, headers, body);
        let answer = Connection::open(self.address)?.send(&request)?;
        let said = String::from_utf8_lossy(&answer.body);
        ensure!(answer.is_good(), "{path}: {} {said}", answer.status);
        Ok(())
    }
}
