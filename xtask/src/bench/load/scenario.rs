//! The ways of using the server that are measured.

use std::net::SocketAddr;

use crate::bench::{http, server::DAEMON_KEY, token::adapter_token};

/// Who asks.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Asker {
    /// The backend, with the daemon key.
    Backend,
    /// An adapter, with a token of the shared secret.
    Adapter,
    /// Nobody: the floor has no credentials.
    Nobody,
}

/// One way of using the server.
pub struct Scenario {
    /// Its name on the command line and in reports.
    pub name: &'static str,
    /// Whose credentials.
    pub asker: Asker,
    /// The path; with a body it is posted to.
    pub path: &'static str,
    /// The body of the request with this number; `None` reads.
    pub body: Option<fn(u64) -> String>,
    /// How many rules are in force.
    pub policies: u16,
    /// How often the first scenario's request is sent before, so that there is something to read.
    pub runs_before: u32,
    /// How many events one request reports.
    pub events: u32,
    /// What the first answer has to contain.
    pub answered_with: &'static str,
    /// What was promised.
    pub target: Option<&'static str>,
}

const PLAIN: Scenario = Scenario {
    name: "",
    asker: Asker::Backend,
    path: "",
    body: None,
    policies: 1,
    runs_before: 0,
    events: 1,
    answered_with: "",
    target: None,
};

/// All of them, in the order in which they are measured.
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "floor",
        asker: Asker::Nobody,
        path: "/forward",
        body: Some(message),
        ..PLAIN
    },
    Scenario {
        name: "send",
        path: "/api/agents/send",
        body: Some(message),
        answered_with: "\"trace_id\"",
        target: Some("2,500 per CPU-second"),
        ..PLAIN
    },
    Scenario {
        name: "execution-allow",
        asker: Asker::Adapter,
        path: "/api/execution/request",
        body: Some(listing),
        answered_with: "\"allowed\":true",
        target: Some("8,000 per CPU-second"),
        ..PLAIN
    },
    Scenario {
        name: "execution-deny",
        asker: Asker::Adapter,
        path: "/api/execution/request",
        body: Some(removal),
        answered_with: "\"decision\":\"deny\"",
        ..PLAIN
    },
    Scenario {
        name: "execution-pending",
        asker: Asker::Adapter,
        path: "/api/execution/request",
        body: Some(restart),
        answered_with: "\"decision\":\"pending\"",
        ..PLAIN
    },
    Scenario {
        name: "evaluate-32",
        asker: Asker::Adapter,
        path: "/api/policy/evaluate",
        body: Some(listing),
        policies: 32,
        answered_with: "\"allow\"",
        ..PLAIN
    },
    Scenario {
        name: "evaluate-1000",
        asker: Asker::Adapter,
        path: "/api/policy/evaluate",
        body: Some(listing),
        policies: 1_000,
        answered_with: "\"allow\"",
        ..PLAIN
    },
    Scenario {
        name: "ingest-batch",
        asker: Asker::Adapter,
        path: "/api/ingest/batch",
        body: Some(batch),
        events: BATCH,
        answered_with: "\"refused\":0",
        target: Some("30,000 events/s"),
        ..PLAIN
    },
    Scenario {
        name: "traces-page",
        path: "/traces?tenant_id=bench&limit=50",
        runs_before: 2_000,
        answered_with: "\"traces\"",
        ..PLAIN
    },
    Scenario {
        name: "traces-stats",
        path: "/traces/stats?tenant_id=bench",
        runs_before: 2_000,
        ..PLAIN
    },
    Scenario {
        name: "audit-page",
        path: "/audit?tenant_id=bench&limit=50",
        runs_before: 2_000,
        answered_with: "\"seq\"",
        ..PLAIN
    },
    Scenario {
        name: "checkpoint",
        path: "/audit/checkpoint?tenant_id=bench",
        runs_before: 500,
        ..PLAIN
    },
];

/// How many events a batch reports.
const BATCH: u32 = 100;

/// The tenant of all scenarios.
pub const TENANT: &str = "bench";
/// The adapter of all scenarios.
pub const ADAPTER: &str = "bench-adapter";

impl Scenario {
    /// The request with this number, ready to be sent.
    pub fn request(&self, address: SocketAddr, number: u64) -> Vec<u8> {
        let token;
        let credential = match self.asker {
            Asker::Backend => &[("x-agent-daemon-key", DAEMON_KEY)][..],
            Asker::Adapter => {
                token = [("x-adapter-token", adapter_token())];
                &[(token[0].0, token[0].1)][..]
            }
            Asker::Nobody => &[],
        };
        match self.body {
            Some(body) => http::post(address, self.path, credential, &body(number)),
            None => http::get(address, self.path, credential),
        }
    }
}

fn message(_: u64) -> String {
    r#"{"tenant_id":"bench","user_id":"u1","session_key":"user:u1:lead","message":"Hello there, how are you today?"}"#
        .to_owned()
}

fn execution(program: &str) -> String {
    format!(
        r#"{{"adapter_id":"{ADAPTER}","requested_capabilities":["exec"],"tool":"exec","intent":"shell_command","context":{{"exec":{{"argv0":"{program}","argv":["{program}","-la"],"cwd":"/work"}}}}}}"#
    )
}

fn listing(_: u64) -> String {
    execution("ls")
}

fn removal(_: u64) -> String {
    execution("rm")
}

fn restart(_: u64) -> String {
    execution("systemctl")
}

fn batch(number: u64) -> String {
    let at = "2026-01-01T00:00:00.000Z";
    let events: Vec<String> = (0..BATCH)
        .map(|place| {
            format!(
                r#"{{"type":"audit","adapter_id":"{ADAPTER}","tenant_id":"{TENANT}","workspace_id":"main","execution_id":"run-{number}","trace_id":"00000000-0000-7000-8000-{:012x}","event_id":"{number}-{place}","event_type":"tool_execution_completed","message":"Tool executed successfully","event_data":{{"tool":"read","duration_ms":192}},"occurred_at":"{at}"}}"#,
                number & 0xffff_ffff_ffff
            )
        })
        .collect();
    format!(r#"{{"events":[{}]}}"#, events.join(","))
}
