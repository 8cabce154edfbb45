//! `/prices`: what models cost a tenant.

use axum::body::Body;
use axum::http::Method;
use serde_json::json;

use crate::app::{ACME, AGENT, Answer, App};

const BODY: &str = r#"{"input_usd_per_million": 2, "output_usd_per_million": "3.5"}"#;
const FORECAST: &str =
    r#"{"prompt_size": 1000000, "max_output_tokens": 1, "model": "house/llama"}"#;

async fn put(app: &App, uri: &str, body: &str) -> Answer {
    app.call(Method::PUT, uri, &[ACME], Body::from(body.to_owned()))
        .await
}

async fn delete(app: &App, uri: &str) -> Answer {
    app.call(Method::DELETE, uri, &[ACME], Body::empty()).await
}

#[tokio::test]
async fn a_price_of_the_tenants_own_counts_until_it_is_taken_back() {
    let app = App::new();
    let unknown = app.post("/cost/forecast", &[ACME], FORECAST).await;
    assert_eq!(unknown.refusal(), (400, "unknown_model", "/model"));
    let detail = unknown.body["detail"].as_str().expect("a detail");
    assert!(
        detail.contains("`clasper price set house/llama --input USD --output USD`"),
        "{detail}"
    );
    // The forecast has just looked: a change of this very process counts at once all the same.
    let set = put(&app, "/prices/house/llama", BODY).await;
    assert_eq!(set.status, 200, "{}", set.text);
    assert_eq!(set.body["model"], "house/llama");
    assert_eq!(set.body["output_usd_per_million"], json!(3.5));
    let known = app.post("/cost/forecast", &[ACME], FORECAST).await;
    assert_eq!(
        known.body["forecast"]["input_cost"],
        json!(2),
        "{}",
        known.text
    );
    let list = app.get("/prices", &[ACME]).await;
    assert_eq!(list.body["items"], json!([set.body]));
    assert_eq!(delete(&app, "/prices/house/llama").await.status, 200);
    let again = delete(&app, "/prices/house/llama").await;
    assert_eq!(again.refusal(), (404, "price_not_found", "none"));
    let gone = app.post("/cost/forecast", &[ACME], FORECAST).await;
    assert_eq!(gone.refusal().1, "unknown_model");
    let log = &app.memory.state().log;
    let events: Vec<_> = log.iter().map(|said| said.entry.event.name()).collect();
    assert_eq!(events, ["price_changed", "price_changed"]);
}

#[tokio::test]
async fn a_model_whose_name_has_a_slash_is_named_by_its_code() {
    let app = App::new();
    let set = put(&app, "/prices/openrouter/openai%2Fgpt-4o", BODY).await;
    assert_eq!(
        set.body["model"], "openrouter/openai/gpt-4o",
        "{}",
        set.text
    );
}

#[tokio::test]
async fn senseless_prices_are_refused_and_so_is_who_may_not_set_them() {
    let app = App::new();
    for (body, pointer) in [
        ("{}", "/input_usd_per_million"),
        (
            r#"{"input_usd_per_million": -1, "output_usd_per_million": 1}"#,
            "/input_usd_per_million",
        ),
        (
            r#"{"input_usd_per_million": 1, "output_usd_per_million": 1, "per": "token"}"#,
            "/per",
        ),
    ] {
        let refused = put(&app, "/prices/house/llama", body).await;
        assert_eq!(refused.refusal(), (400, "invalid_input", pointer), "{body}");
    }
    let long = format!("/prices/house/{}", "x".repeat(300));
    for uri in ["/prices/%20/llama", "/prices/house/a%0Ab", long.as_str()] {
        let refused = put(&app, uri, BODY).await;
        assert_eq!(
            refused.refusal(),
            (400, "invalid_model", "/path/model"),
            "{uri}"
        );
    }
    let body = Body::from(BODY);
    let denied = app
        .call(Method::PUT, "/prices/house/llama", &[AGENT], body)
        .await;
    assert_eq!(denied.refusal().1, "permission_denied");
    assert_eq!(app.get("/prices", &[AGENT]).await.refusal().0, 403);
    assert!(app.memory.state().log.is_empty(), "something was written");
}
