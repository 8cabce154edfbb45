//! `/cost/forecast` and `/risk/score`.

use serde_json::json;

use crate::app::{ACME, AGENT, App};

#[tokio::test]
async fn a_forecast_has_the_references_shape_and_an_interval() {
    let app = App::new();
    app.post("/budget", &[ACME], r#"{"budget_usd": 1}"#).await;
    let body = r#"{"prompt_size": 1250, "max_output_tokens": 150, "model": "gpt-4o-mini"}"#;
    let answer = app.post("/cost/forecast", &[ACME], body).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let forecast = &answer.body["forecast"];
    assert_eq!(forecast["estimated_cost"], json!(0.000_277_5));
    assert_eq!(forecast["input_cost"], json!(0.000_187_5));
    assert_eq!(forecast["output_cost"], json!(0.000_09));
    assert_eq!(forecast["budget_allowed"], true);
    assert_eq!(forecast["budget_remaining"], 1);
    assert_eq!(forecast["would_exceed_budget"], false);
    assert_eq!(forecast["interval"]["basis"], "declared_maximum");
    assert_eq!(forecast["interval"]["high"], json!(0.000_277_5));
    assert!(
        answer
            .text
            .contains(r#""input_price_per_token":0.00000015"#),
        "{}",
        answer.text
    );
    assert_eq!(answer.body["details"]["model"], "openai/gpt-4o-mini");
}

#[tokio::test]
async fn the_budget_of_a_part_counts_for_what_is_foretold_of_it() {
    let app = App::new();
    let small = r#"{"budget_usd": 0.0001, "scope": "workspace:support"}"#;
    assert_eq!(app.post("/budget", &[ACME], small).await.status, 200);
    let body = r#"{"prompt_size": 1250, "max_output_tokens": 150, "model": "gpt-4o-mini", "scopes": ["workspace:support"]}"#;
    let answer = app.post("/cost/forecast", &[ACME], body).await;
    assert_eq!(
        answer.body["forecast"]["budget_allowed"], false,
        "{}",
        answer.text
    );
    let body = r#"{"prompt_size": 1, "model": "gpt-4o-mini", "scopes": ["planet:mars"]}"#;
    let answer = app.post("/cost/forecast", &[ACME], body).await;
    assert_eq!(answer.refusal().2, "/scopes");
}

#[tokio::test]
async fn a_model_without_a_price_is_refused_with_what_to_do() {
    let app = App::new();
    let body = r#"{"prompt_size": 1, "model": "nobody/knows"}"#;
    let answer = app.post("/cost/forecast", &[ACME], body).await;
    assert_eq!(answer.refusal(), (400, "unknown_model", "/model"));
    let detail = answer.body["detail"].as_str().expect("a detail");
    assert!(detail.contains(r#"[prices."nobody/knows"]"#), "{detail}");
    let body = r#"{"prompt_size": 1, "model": "gpt-4o-mini"}"#;
    let denied = app.post("/cost/forecast", &[AGENT], body).await;
    assert_eq!(denied.refusal().1, "permission_denied");
}

#[tokio::test]
async fn the_references_example_scores_as_it_says() {
    let app = App::new();
    let body = r#"{"tool_count": 3, "tool_names": ["send_email"], "skill_state": "draft", "temperature": 1.2,
        "data_sensitivity": "pii", "custom_flags": ["x"]}"#;
    let answer = app.post("/risk/score", &[ACME], body).await;
    assert_eq!(answer.body["risk_score"], 56, "{}", answer.text);
    assert_eq!(answer.body["risk_level"], "high");
    let factors = json!({"tool_breadth": 65, "skill_maturity": 60, "model_volatility": 60, "data_sensitivity": 100,
        "custom_factors": 20});
    assert_eq!(answer.body["factors"], factors);
    for bad in [
        r#"{"tool_count": -1}"#,
        r#"{"tool_count": 1, "temperature": 3}"#,
        r#"{"tool_count": 1, "x": 1}"#,
    ] {
        assert_eq!(
            app.post("/risk/score", &[ACME], bad).await.status,
            400,
            "{bad}"
        );
    }
}
