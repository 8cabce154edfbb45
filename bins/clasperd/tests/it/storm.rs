//! Two operators and an adapter who all press at once, on three servers that share a Postgres.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clasper_testkit::TestDatabase;
use futures::future::try_join_all;
use serde_json::{Value, json};

use crate::harness::{ModelServer, Server, Setup, Store, start_backend};
use crate::people::{ADAPTER_SECRET, People};

/// `rm` needs one of the two managers, `dd` needs both.
const RULES: &str = "
- policy_id: ask-one
  subject: { type: tool, name: exec }
  conditions: { context.exec.argv0: rm }
  effect: { decision: require_approval }
- policy_id: ask-both
  subject: { type: tool, name: exec }
  conditions: { context.exec.argv0: dd }
  effect: { decision: require_approval, approval: { quorum: 2 } }
";
const DECISIONS: usize = 12;

fn exec(key: &str, argv0: &str) -> Value {
    json!({
        "execution_id": key, "requested_capabilities": ["exec"], "tool": "exec", "intent": "shell_command",
        "context": {"exec": {"argv": [argv0, "x"]}},
    })
}

async fn asked(people: &People, key: &str, argv0: &str) -> Result<String> {
    let (status, answer) = people.adapter(&exec(key, argv0)).await?;
    ensure!(answer["decision"] == "pending", "{key}: {status} {answer}");
    Ok(answer["decision_id"].as_str().context("an id")?.to_owned())
}

/// Both managers say their word at every server at once. Returns the statuses that were reported as taken.
async fn pressed(replicas: &[People], decision: &str, words: [&str; 2]) -> Result<Vec<String>> {
    let presses = replicas.iter().enumerate().flat_map(|(n, people)| {
        // Not always the same one first.
        (0..2).map(move |m| ((n + m) % 2, people))
    });
    let answers =
        presses.map(|(manager, people)| people.resolve(manager, decision, words[manager]));
    let mut taken = Vec::new();
    for (status, answer) in try_join_all(answers).await? {
        match status {
            200 => taken.push(answer["decision"]["status"].to_string()),
            409 | 403 | 412 => {}
            other => anyhow::bail!("{other} {answer}"),
        }
    }
    Ok(taken)
}

/// The adapter asks again for what was approved, at every server at once, twice. Returns the grants that it may act on.
async fn claimed(replicas: &[People], key: &str, argv0: &str) -> Result<Vec<String>> {
    let body = exec(key, argv0);
    let claims = replicas
        .iter()
        .chain(replicas)
        .map(|people| people.adapter(&body));
    let mut grants = Vec::new();
    for (status, answer) in try_join_all(claims).await? {
        ensure!(status == 200, "{status} {answer}");
        if answer["allowed"] == true && answer["replayed"] == false {
            grants.push(answer["grant_id"].to_string());
        }
    }
    Ok(grants)
}

#[tokio::test(flavor = "multi_thread")]
async fn each_decision_is_resolved_once_and_each_grant_used_once_on_three_servers() -> Result<()> {
    let Some(database) = TestDatabase::postgres().await? else {
        return Ok(());
    };
    let (_model, model) = ModelServer::start(Duration::ZERO).await?;
    let (_backend, backend, _task) = start_backend(None).await?;
    let setup = Setup {
        store: Store::Postgres(database.url()),
        model,
        backend,
        extra: vec![("ADAPTER_JWT_SECRET", ADAPTER_SECRET.to_owned())],
    };
    let mut servers = Vec::new();
    for _ in 0..3 {
        servers.push(Server::start(&setup).await?);
    }
    let people = People::settle(&servers[0], RULES).await?;
    let replicas: Vec<People> = servers.iter().map(|server| people.before(server)).collect();

    let mut used = BTreeSet::new();
    for n in 0..DECISIONS {
        // One of them is enough: whoever was first has decided, and nobody else.
        let key = format!("contested-{n}");
        let decision = asked(&people, &key, "rm").await?;
        let taken = pressed(&replicas, &decision, ["approve", "deny"]).await?;
        ensure!(
            taken.len() == 1,
            "{key} was resolved {} times: {taken:?}",
            taken.len()
        );
        let expected = usize::from(taken[0].contains("approved"));
        let grants = claimed(&replicas, &key, "rm").await?;
        ensure!(grants.len() == expected, "{key}: {taken:?} {grants:?}");
        used.extend(grants);

        // Both are needed: each of them counts once, however often they press.
        let key = format!("shared-{n}");
        let decision = asked(&people, &key, "dd").await?;
        let taken = pressed(&replicas, &decision, ["approve", "approve"]).await?;
        ensure!(taken.len() == 2, "{key}: {taken:?}");
        let grants = claimed(&replicas, &key, "dd").await?;
        ensure!(grants.len() == 1, "{key}: {grants:?}");
        ensure!(
            used.insert(grants[0].clone()),
            "{key} used the grant of another one"
        );
    }
    let report = servers[0].verify()?;
    ensure!(report.contains("acme: whole"), "{report}");
    Ok(())
}
