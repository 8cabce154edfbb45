//! An attacker over HTTP who has an adapter's token, other people's ids and no manners.
//!
//! What counts as an effect is what an adapter would act on: a fresh `allowed` answer, or a grant that was consumed. The
//! attacker makes 1,000 attempts, or as many as `CLASPER_TEST_ATTACKS` says.

use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use futures::StreamExt as _;
use futures::stream;
use serde_json::{Value, json};

use crate::harness::{ModelServer, Server, Setup, Store, start_backend};
use crate::people::{ADAPTER_SECRET, People, token};

/// `echo` is allowed, `rm` needs people, `mv` people who are quick; nothing speaks of anything else, and `dd` is forbidden by name.
const RULES: &str = "
- policy_id: allow-echo
  subject: { type: tool, name: exec }
  conditions: { context.exec.argv0: echo }
  effect: { decision: allow }
- policy_id: ask-rm
  subject: { type: tool, name: exec }
  conditions: { context.exec.argv0: rm }
  effect: { decision: require_approval }
- policy_id: ask-mv-soon
  subject: { type: tool, name: exec }
  conditions: { context.exec.argv0: mv }
  effect: { decision: require_approval, approval: { expires_in: 1s } }
- policy_id: deny-dd
  subject: { type: tool, name: exec }
  conditions: { context.exec.argv0: dd }
  effect: { decision: deny }
";
const VICTIMS: usize = 8;

/// Executions that the attacker knows everything about.
struct Victims {
    /// Waiting for people.
    pending: Vec<String>,
    /// Approved, their grants not yet claimed: key and decision.
    approved: Vec<(String, String)>,
    /// Approved, and claimed by their adapter.
    claimed: Vec<(String, String)>,
    /// Not answered in time: key and decision.
    expired: Vec<(String, String)>,
}

fn exec(key: &str, argv: &[&str]) -> Value {
    json!({
        "execution_id": key, "requested_capabilities": ["exec"], "tool": "exec", "intent": "shell_command",
        "context": {"exec": {"argv0": argv[0], "argv": argv}},
    })
}

fn with(mut body: Value, member: &str, value: Value) -> Value {
    body[member] = value;
    body
}

async fn asked(people: &People, key: &str, argv: &[&str]) -> Result<String> {
    let (status, answer) = people.adapter(&exec(key, argv)).await?;
    ensure!(
        answer["decision"] == "pending",
        "{key} is not pending: {status} {answer}"
    );
    Ok(answer["decision_id"].as_str().context("an id")?.to_owned())
}

async fn victims(people: &People) -> Result<Victims> {
    let mut victims = Victims {
        pending: Vec::new(),
        approved: Vec::new(),
        claimed: Vec::new(),
        expired: Vec::new(),
    };
    for n in 0..VICTIMS {
        let key = format!("expired-{n}");
        let decision = asked(people, &key, &["mv", "a", "b"]).await?;
        victims.expired.push((key, decision));
        let key = format!("pending-{n}");
        let decision = asked(people, &key, &["rm", "-r", "build"]).await?;
        victims.pending.push(decision);
        for (name, list) in [
            ("approved", &mut victims.approved),
            ("claimed", &mut victims.claimed),
        ] {
            let key = format!("{name}-{n}");
            let decision = asked(people, &key, &["rm", "-r", "build"]).await?;
            people.approve(&decision).await?;
            list.push((key, decision));
        }
        let (status, answer) = people
            .adapter(&exec(&format!("claimed-{n}"), &["rm", "-r", "build"]))
            .await?;
        ensure!(answer["allowed"] == true, "{status} {answer}");
    }
    for (key, _) in &victims.expired {
        let path = format!("/api/execution/{key}?wait=10s");
        let (status, told) = people.adapter_get(&path).await?;
        ensure!(told["effect"] == "deny", "{key}: {status} {told}");
    }
    Ok(victims)
}

/// The attempt of that number: what was answered.
async fn attempt(people: &People, victims: &Victims, n: usize) -> Result<(u16, Value)> {
    let pending = &victims.pending[n % VICTIMS];
    let (approved, approved_decision) = &victims.approved[n % VICTIMS];
    let (claimed, claimed_decision) = &victims.claimed[n % VICTIMS];
    let (expired, expired_decision) = &victims.expired[n % VICTIMS];
    let fresh = format!("attack-{n}");
    let cat = exec(&fresh, &["cat", "/etc/shadow"]);
    let consume = |decision: &str| format!("/api/decisions/{decision}/consume");
    let resolve = |decision: &str| format!("/ops/api/decisions/{decision}/resolve");
    let approval = json!({"action": "approve", "status": "approved"});
    match n % 27 {
        // Other arguments than the approved ones, in several disguises.
        0 => people.adapter(&exec(approved, &["rm", "-r", "/"])).await,
        1 => people.adapter(&exec(claimed, &["rm", "-rf", "/"])).await,
        2 => {
            let named = json!({"exec": {"argv0": "echo", "argv": ["rm", "-rf", "/"]}});
            people.adapter(&with(cat, "context", named)).await
        }
        // Grants that are used, belong to others, or were never given.
        3 => people.adapter_post(&consume(claimed_decision)).await,
        4 => people.neighbour_post(&consume(approved_decision)).await,
        5 => people.stranger_post(&consume(approved_decision)).await,
        6 => people.adapter_post(&consume(pending)).await,
        7 => {
            let neighbours = exec(approved, &["rm", "-r", "build"]);
            people.neighbour(&neighbours).await
        }
        // Approving one's own requests, or with too little, or in another house.
        8 => people.with_token(&resolve(pending), &approval).await,
        9 => people.backend(&resolve(pending), &approval).await,
        10 => people.viewer(&resolve(pending), &approval).await,
        11 => people.foreigner(&resolve(pending), &approval).await,
        // Claims about oneself.
        12 => {
            let harmless = json!({"risk_class": "low"});
            people.adapter(&with(cat, "adapter", harmless)).await
        }
        13 => {
            let calm = with(
                exec(&fresh, &["dd", "if=/dev/zero"]),
                "temperature",
                json!(0),
            );
            let calm = with(calm, "adapter_risk_class", json!("low"));
            people
                .adapter(&with(calm, "skill_state", json!("active")))
                .await
        }
        14 => {
            let body = json!({"actor": "root", "role": "admin",
                "request": {"reason_code": "hotfix", "justification": "let me"}});
            people.adapter(&with(cat, "override", body)).await
        }
        15 => {
            people
                .adapter(&with(cat, "rbac_allowed", json!(true)))
                .await
        }
        // Money that makes itself.
        16 => {
            people
                .adapter(&with(cat, "max_cost", json!(-1_000_000)))
                .await
        }
        17 => {
            people
                .adapter(&with(cat, "estimated_cost", json!("-0.1")))
                .await
        }
        // Names of others, and capabilities that were not given.
        18 => {
            people
                .adapter(&with(cat, "tenant_id", json!("other")))
                .await
        }
        19 => {
            let more = with(cat, "requested_capabilities", json!(["exec", "gateway"]));
            people.adapter(&more).await
        }
        // Tokens of one's own making.
        20 => {
            people
                .forged(
                    &exec(&fresh, &["echo", "hi"]),
                    "another-secret-of-more-than-thirty-two-bytes",
                    "acme",
                )
                .await
        }
        21 => people.unsigned(&exec(&fresh, &["echo", "hi"])).await,
        // Breaking the glass without being anybody.
        22 => {
            let body =
                json!({"reason_code": "hotfix", "justification": "it is urgent, I swear it is"});
            people
                .viewer(&format!("/ops/api/decisions/{pending}/override"), &body)
                .await
        }
        // What nobody answered in time.
        23 => people.adapter(&exec(expired, &["mv", "a", "b"])).await,
        24 => people.adapter_post(&consume(expired_decision)).await,
        25 => people.resolve(n, expired_decision, "approve").await,
        _ => people.adapter(&cat).await,
    }
}

fn is_effect(answer: &(u16, Value)) -> bool {
    let (status, body) = answer;
    let is_allowed = body["allowed"] == true && body["replayed"] != true;
    let is_consumed = *status == 200 && body["status"] == "consumed";
    let is_resolved = *status == 200 && body["decision"]["status"] == "approved";
    is_allowed || is_consumed || is_resolved
}

#[tokio::test]
async fn nothing_that_an_attacker_tries_has_an_effect_and_what_was_approved_still_has_its_one()
-> Result<()> {
    let attacks = std::env::var("CLASPER_TEST_ATTACKS").ok();
    let attacks: usize = attacks.map_or(Ok(1_000), |number| number.parse())?;
    let folder = tempfile::tempdir()?;
    let (_, model) = ModelServer::start(std::time::Duration::ZERO).await?;
    let (_backend, backend, _) = start_backend(None).await?;
    let setup = Setup {
        store: Store::Sqlite(folder.path().join("clasper.db")),
        model,
        backend,
        extra: vec![
            ("ADAPTER_JWT_SECRET", ADAPTER_SECRET.to_owned()),
            ("CLASPER_RATE_LIMIT_PER_SECOND", "0".to_owned()),
        ],
    };
    let server = Server::start(&setup).await?;
    let people = Arc::new(People::settle(&server, RULES).await?);
    let victims = Arc::new(victims(&people).await?);

    let answers = stream::iter(0..attacks).map(|n| {
        let (people, victims) = (Arc::clone(&people), Arc::clone(&victims));
        async move { (n, attempt(&people, &victims, n).await) }
    });
    let mut answers = answers.buffer_unordered(16);
    while let Some((n, answer)) = answers.next().await {
        let answer = answer.with_context(|| format!("attempt {n}"))?;
        ensure!(answer.0 < 500, "attempt {n} broke the server: {answer:?}");
        ensure!(!is_effect(&answer), "attempt {n} had an effect: {answer:?}");
    }

    // What people approved is still there, once.
    for (key, _) in &victims.approved {
        let body = exec(key, &["rm", "-r", "build"]);
        let (_, claimed) = people.adapter(&body).await?;
        ensure!(
            claimed["allowed"] == true && claimed["replayed"] == false,
            "{claimed}"
        );
        let (_, again) = people.adapter(&body).await?;
        ensure!(again["replayed"] == true, "{again}");
    }
    for decision in &victims.pending {
        let (_, shown) = people
            .operator_get(&format!("/ops/api/decisions/{decision}"))
            .await?;
        ensure!(shown["decision"]["status"] == "pending", "{shown}");
        ensure!(shown["decision"]["votes"] == json!([]), "{shown}");
    }
    server.verify()?;
    Ok(())
}

#[test]
fn a_token_of_the_tests_is_what_an_adapter_would_send() {
    assert_eq!(
        token("mallory", "acme", ADAPTER_SECRET).split('.').count(),
        3
    );
}
