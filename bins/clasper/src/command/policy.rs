//! `clasper policy`

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Subcommand;
use serde_json::json;

use crate::command::text;
use crate::server::Server;

/// Policies.
#[derive(Debug, Subcommand)]
pub enum Policy {
    /// The packs that ship with the server.
    Packs,
    /// Put a pack in force.
    Install {
        /// The pack, as `clasper policy packs` names it.
        pack: String,
    },
    /// The policies in force.
    List,
    /// Save one rule from a JSON file and put it in force.
    Save {
        /// The file.
        file: PathBuf,
    },
}

/// Runs the command.
pub async fn run(server: &Server, policy: Policy) -> Result<()> {
    match policy {
        Policy::Packs => {
            let answer = server.get("/api/policies/packs").await?;
            for pack in answer["packs"].as_array().into_iter().flatten() {
                println!("{:<22} {}", text(pack, "name"), text(pack, "description"));
            }
        }
        Policy::Install { pack } => {
            let path = format!("/api/policies/packs/{pack}/install");
            let answer = server.post(&path, &json!({})).await?;
            let bundle = if answer["bundle"].is_object() {
                &answer["bundle"]
            } else {
                &answer
            };
            println!("{pack} is in force (bundle {})", text(bundle, "bundle_id"));
        }
        Policy::List => {
            let answer = server.get("/ops/api/policies").await?;
            let policies = answer["policies"].as_array().into_iter().flatten();
            for policy in policies {
                let effect = text(&policy["effect"], "decision");
                println!("{:<44} {effect}", text(policy, "policy_id"));
            }
        }
        Policy::Save { file } => {
            let read = std::fs::read_to_string(&file)
                .with_context(|| format!("{} cannot be read", file.display()))?;
            let rule = serde_json::from_str(&read)
                .with_context(|| format!("{} is not JSON", file.display()))?;
            let answer = server.post("/ops/api/policies", &rule).await?;
            println!("saved {}", text(&answer["policy"], "policy_id"));
        }
    }
    Ok(())
}
