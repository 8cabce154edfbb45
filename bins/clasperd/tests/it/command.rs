//! The command line.

use std::process::Command;

use anyhow::Result;

use crate::harness::{SECRET, Setup, Store, command};

fn clasperd(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_clasperd"));
    command
        .args(arguments)
        .env_clear()
        .current_dir(std::env::temp_dir());
    command
}

#[test]
fn quickstart_holds() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let output = clasperd(&["quickstart", "--once", "--data-dir"])
        .arg(directory.path().join("data"))
        .output()?;
    let (out, err) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{out}{err}");
    for line in [
        "reply ",
        "trace ",
        "cost ",
        "budget left",
        "audit         verified",
    ] {
        assert!(out.contains(line), "no {line:?} in {out}");
    }
    let stored = out.lines().find(|line| line.starts_with("stored input"));
    let stored = stored.unwrap_or_default();
    assert!(
        stored.contains("[EMAIL]") && !stored.contains("anna@example.com"),
        "{out}"
    );
    Ok(())
}

#[test]
fn serve_refuses_missing_and_weak_secrets() -> Result<()> {
    let output = clasperd(&["serve"]).output()?;
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success());
    assert!(
        text.contains("AGENT_JWT_SECRET is not set")
            && text.contains("AGENT_DAEMON_API_KEY is not set"),
        "{text}"
    );
    let output = clasperd(&["serve"])
        .env("AGENT_JWT_SECRET", SECRET)
        .env("AGENT_DAEMON_API_KEY", "weak")
        .output()?;
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(text.contains("AGENT_DAEMON_API_KEY has 4 bytes"), "{text}");
    Ok(())
}

#[test]
fn unknown_configuration_keys_are_errors() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let file = directory.path().join("clasper.toml");
    std::fs::write(&file, "[server]\nlisten_on = \"x\"\n")?;
    let output = clasperd(&["config", "check", "--config"])
        .arg(&file)
        .output()?;
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        !output.status.success() && text.contains("listen_on"),
        "{text}"
    );
    Ok(())
}

#[test]
fn tenants_and_keys_are_made_from_the_command_line() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let nowhere = ([127, 0, 0, 1], 9).into();
    let store = Store::Sqlite(directory.path().join("clasper.db"));
    let setup = Setup {
        store,
        model: nowhere,
        backend: nowhere,
        extra: Vec::new(),
    };
    let output = command(&setup)
        .args(["tenant", "create", "acme", "--time-zone", "Europe/Berlin"])
        .output()?;
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let output = command(&setup)
        .args(["key", "create", "--tenant", "acme", "--role", "operator"])
        .output()?;
    let secret = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    assert!(
        output.status.success() && secret.starts_with("clk_"),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let output = command(&setup)
        .args(["key", "create", "--tenant", "nobody", "--role", "operator"])
        .output()?;
    assert!(!output.status.success());
    let output = command(&setup).args(["audit", "verify"]).output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success() && text.contains("acme: whole; 2 audit entries"),
        "{text}"
    );
    let bytes = std::fs::read(directory.path().join("clasper.db"))?;
    assert!(
        !bytes.windows(secret.len()).any(|w| w == secret.as_bytes()),
        "the secret was stored"
    );
    Ok(())
}
