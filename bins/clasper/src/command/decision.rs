//! `clasper decision`

use anyhow::Result;
use clap::Subcommand;
use serde_json::json;

use crate::command::text;
use crate::server::Server;

/// Decisions that wait for people.
#[derive(Debug, Subcommand)]
pub enum Decision {
    /// What waits.
    Pending,
    /// Approve one.
    Approve {
        /// The decision.
        id: String,
        /// Why.
        #[arg(long)]
        note: Option<String>,
    },
    /// Deny one.
    Deny {
        /// The decision.
        id: String,
        /// Why.
        #[arg(long)]
        note: Option<String>,
    },
}

/// Runs the command.
pub async fn run(server: &Server, decision: Decision) -> Result<()> {
    let (id, status, note) = match decision {
        Decision::Pending => {
            let answer = server.get("/ops/api/decisions?status=pending").await?;
            for decision in answer["decisions"].as_array().into_iter().flatten() {
                println!(
                    "{}  {:<16} {:<16} needs {}",
                    text(decision, "decision_id"),
                    text(decision, "adapter_id"),
                    text(decision, "tool"),
                    text(decision, "required_role"),
                );
            }
            return Ok(());
        }
        Decision::Approve { id, note } => (id, "approved", note),
        Decision::Deny { id, note } => (id, "denied", note),
    };
    let path = format!("/ops/api/decisions/{id}/resolve");
    let mut body = json!({ "status": status });
    if let Some(note) = note {
        body["note"] = note.into();
    }
    let answer = server.post(&path, &body).await?;
    println!("{id} is {}", text(&answer["decision"], "status"));
    Ok(())
}
