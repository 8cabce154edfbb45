//! `/api/policy/evaluate`, `/api/policy/dry-run`, `/api/policies/backtest`: they say what a request is told.

use serde_json::{Value, json};

use crate::app::{ACME, ADAPTER, AGENT, App};

async fn with(policies: &Value) -> App {
    let app = App::new();
    let adapter = json!({"adapter_id": "openclaw-local", "display_name": "Local", "risk_class": "low", "version": "1",
        "capabilities": ["exec", "read"], "enabled": true});
    let registered = app
        .post("/adapters/register", &[ADAPTER], adapter.to_string())
        .await;
    assert_eq!(registered.status, 200, "{}", registered.text);
    let bundle = json!({"name": "mine", "activate": true, "policies": policies});
    let saved = app
        .post("/api/policies/bundles", &[ACME], bundle.to_string())
        .await;
    assert_eq!(saved.status, 200, "{}", saved.text);
    app
}

fn listing() -> Value {
    json!([{"rule": {"policy_id": "ls", "subject": {"type": "tool", "name": "exec"},
        "conditions": {"context.exec.argv0": {"in": ["ls"]}, "tool_group": "runtime"}, "effect": {"decision": "allow"}}}])
}

fn call(argv0: &str) -> Value {
    json!({"requested_capabilities": ["exec"], "tool": "exec", "tool_group": "runtime", "context": {"exec": {"argv0": argv0}}})
}

#[tokio::test]
async fn an_evaluation_says_what_a_request_is_told() {
    let app = with(&listing()).await;
    let asks = [
        call("ls"),
        call("rm"),
        // Dangerous enough for people to be asked, although a policy allows it.
        json!({"requested_capabilities": ["exec"], "tool": "exec", "tool_group": "runtime", "context": {"exec": {"argv0": "ls"}},
            "tool_count": 10, "data_sensitivity": "pii", "custom_flags": ["a", "b", "c", "d", "e"], "temperature": 2.0}),
    ];
    let mut seen = Vec::new();
    for (number, ask) in asks.iter().enumerate() {
        let told = app
            .post("/api/policy/evaluate", &[ADAPTER], ask.to_string())
            .await;
        assert_eq!(told.status, 200, "{}", told.text);
        let mut request = ask.clone();
        request["execution_id"] = json!(format!("run-{number}"));
        let asked = app
            .post("/api/execution/request", &[ADAPTER], request.to_string())
            .await;
        let decided = match asked.body["decision"].as_str() {
            Some("pending") => "require_approval",
            Some(decision) => decision,
            None => panic!("{}", asked.text),
        };
        assert_eq!(told.body["final_decision"], decided, "{}", told.text);
        assert_eq!(told.body["risk_score"], asked.body["risk_score"]);
        assert_eq!(
            told.body["policy_bundle_hash"],
            asked.body["policy_bundle_hash"]
        );
        let mut dry = ask.clone();
        dry["adapter_id"] = json!("openclaw-local");
        dry["workspace_id"] = json!("main");
        for path in ["/api/policy/dry-run", "/ops/api/policies/dry-run"] {
            let same = app.post(path, &[ACME], dry.to_string()).await;
            assert_eq!(same.body, told.body, "{path}");
        }
        seen.push(decided.to_owned());
    }
    assert_eq!(seen, ["allow", "deny", "require_approval"]);
}

#[tokio::test]
async fn an_evaluation_explains_what_would_have_to_change() {
    let app = with(&listing()).await;
    let told = app
        .post("/api/policy/evaluate", &[ADAPTER], call("rm").to_string())
        .await;
    let nearest = &told.body["explain"]["nearest_allow"];
    assert_eq!(nearest["policy_id"], "ls", "{}", told.text);
    assert_eq!(nearest["failing"][0]["field"], "context.exec.argv0");
    assert_eq!(nearest["failing"][0]["expected"], json!(["ls"]));
    assert_eq!(nearest["failing"][0]["actual"], "rm");
}

#[tokio::test]
async fn an_evaluation_refuses_what_a_request_refuses() {
    let app = with(&listing()).await;
    let post = async |body: Value| {
        app.post("/api/policy/evaluate", &[ADAPTER], body.to_string())
            .await
    };
    assert_eq!(post(json!({"toool": "exec"})).await.status, 400);
    assert_eq!(post(json!({"risk_level": "low"})).await.status, 400);
    let elsewhere = post(json!({"tenant_id": "other"})).await;
    assert_eq!(elsewhere.refusal().1, "adapter_scope_mismatch");
    let more = post(json!({"requested_capabilities": ["root"]})).await;
    assert_eq!(more.refusal().1, "capability_not_allowed");
    let denied = app.post("/api/policy/dry-run", &[AGENT], "{}").await;
    assert_eq!(denied.refusal().1, "permission_denied");
}

#[tokio::test]
async fn a_budget_that_is_used_up_is_foretold() {
    let app = with(&listing()).await;
    app.post("/budget", &[ACME], r#"{"budget_usd": 1}"#).await;
    let mut ask = call("ls");
    ask["max_cost"] = json!(5);
    let told = app
        .post("/api/policy/evaluate", &[ADAPTER], ask.to_string())
        .await;
    assert_eq!(told.body["decision"], "allow", "{}", told.text);
    assert_eq!(told.body["final_decision"], "deny");
    assert_eq!(told.body["final_reason"], "budget_exceeded");
}

#[tokio::test]
async fn the_budget_of_an_agent_counts_for_what_it_would_do() {
    let app = with(&listing()).await;
    let small = r#"{"budget_usd": 1, "scope": "agent:helper"}"#;
    assert_eq!(app.post("/budget", &[ACME], small).await.status, 200);
    for (agent, foretold) in [("helper", "deny"), ("other", "allow")] {
        let mut ask = call("ls");
        ask["max_cost"] = json!(5);
        ask["agent_id"] = json!(agent);
        let told = app
            .post("/api/policy/evaluate", &[ADAPTER], ask.to_string())
            .await;
        assert_eq!(told.body["final_decision"], foretold, "{}", told.text);
    }
}

#[tokio::test]
async fn a_backtest_names_what_flips_and_sums_it_up() {
    let app = with(&listing()).await;
    for (key, argv0, agent) in [
        ("one", "ls", "helper"),
        ("two", "rm", "helper"),
        ("three", "ls", "other"),
    ] {
        let mut ask = call(argv0);
        ask["execution_id"] = json!(key);
        ask["agent_id"] = json!(agent);
        ask["max_cost"] = json!(0.5);
        let asked = app
            .post("/api/execution/request", &[ADAPTER], ask.to_string())
            .await;
        assert_eq!(asked.status, 200, "{}", asked.text);
    }
    let draft = json!({"days": 7, "bundle": {"name": "mine", "policies": [{"rule": {"policy_id": "rm",
        "subject": {"type": "tool", "name": "exec"}, "conditions": {"context.exec.argv0": "rm"}, "effect": {"decision": "allow"}}}]}});
    let answer = app
        .post("/api/policies/backtest", &[ACME], draft.to_string())
        .await;
    assert_eq!(
        answer.header("content-type"),
        Some("application/x-ndjson"),
        "{}",
        answer.text
    );
    let lines: Vec<Value> = answer
        .text
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let mut flips: Vec<_> = lines
        .iter()
        .filter(|line| line["type"] == "flip")
        .map(|line| {
            (
                line["execution_id"].as_str().expect("a key"),
                line["from"].as_str(),
                line["to"].as_str(),
            )
        })
        .collect();
    flips.sort_unstable();
    assert_eq!(
        flips,
        [
            ("one", Some("allow"), Some("deny")),
            ("three", Some("allow"), Some("deny")),
            ("two", Some("deny"), Some("allow")),
        ]
    );
    let summary = lines.last().expect("a summary");
    assert_eq!(summary["type"], "summary");
    assert_eq!(
        (&summary["decisions"], &summary["unchanged"]),
        (&json!(3), &json!(0))
    );
    assert_eq!(
        summary["flips"],
        json!({"allow->deny": 2, "deny->allow": 1})
    );
    assert_eq!(summary["money_affected_usd"], 1.5);
    assert_eq!(summary["agents"], json!(["helper", "other"]));
}

#[tokio::test]
async fn a_backtest_of_what_is_in_force_changes_nothing() {
    let app = with(&listing()).await;
    let asked = app
        .post("/api/execution/request", &[ADAPTER], call("ls").to_string())
        .await;
    assert_eq!(asked.body["decision"], "allow", "{}", asked.text);
    let bundles = app.get("/api/policies/bundles", &[ACME]).await;
    let id = &bundles.body["active"][0]["id"];
    let body = json!({"days": 1, "bundle_id": id});
    let answer = app
        .post("/api/policies/backtest", &[ACME], body.to_string())
        .await;
    let summary: Value = serde_json::from_str(answer.text.trim()).expect("one line");
    assert_eq!(
        (&summary["decisions"], &summary["unchanged"]),
        (&json!(1), &json!(1))
    );
}

#[tokio::test]
async fn a_backtest_refuses_a_draft_that_could_not_be_saved() {
    let app = with(&listing()).await;
    let draft = json!({"days": 7, "bundle": {"name": "mine", "policies": [{"rule": {"policy_id": "x",
        "subject": {"type": "tool"}, "effect": {"decision": "perhaps"}}}]}});
    let answer = app
        .post("/api/policies/backtest", &[ACME], draft.to_string())
        .await;
    assert_eq!(
        answer.refusal(),
        (
            400,
            "invalid_policy",
            "/bundle/policies/0/rule/effect/decision"
        )
    );
    let far = json!({"days": 91, "bundle": {"name": "mine", "policies": []}});
    let answer = app
        .post("/api/policies/backtest", &[ACME], far.to_string())
        .await;
    assert_eq!(answer.refusal().2, "/days");
    let neither = app
        .post("/api/policies/backtest", &[ACME], r#"{"days": 7}"#)
        .await;
    assert_eq!(neither.refusal().2, "/bundle");
}
