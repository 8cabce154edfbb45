//! `/ops/api/webhooks`.

use axum::body::Body;
use axum::http::Method;
use serde_json::{Value, json};

use crate::app::{AGENT, Answer, App, MANAGER, OPERATOR};
use crate::governed::OTHER;

const WEBHOOKS: &str = "/ops/api/webhooks";

fn body() -> Value {
    json!({"url": "https://hooks.example.com/a?token=s3cret", "events": ["decision.pending", "budget.exceeded"]})
}

async fn create(app: &App, body: &Value) -> Answer {
    app.post(WEBHOOKS, &[MANAGER], body.to_string()).await
}

/// The path of an endpoint that was set up.
async fn endpoint(app: &App) -> String {
    let created = create(app, &body()).await;
    assert_eq!(created.status, 201, "{}", created.text);
    let id = created.body["webhook"]["webhook_id"].as_str();
    format!("{WEBHOOKS}/{}", id.expect("an id"))
}

async fn change(app: &App, uri: &str, body: &Value) -> Answer {
    let body = Body::from(body.to_string());
    app.call(Method::PATCH, uri, &[MANAGER], body).await
}

async fn remove(app: &App, uri: &str, header: (&'static str, &str)) -> Answer {
    app.call(Method::DELETE, uri, &[header], Body::empty())
        .await
}

#[tokio::test]
async fn an_endpoint_is_set_up_and_its_secret_shown_once() {
    let app = App::new();
    let created = create(&app, &body()).await;
    assert_eq!(created.status, 201, "{}", created.text);
    assert_eq!(
        created.body["secret"],
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    );
    let listed = app.get(WEBHOOKS, &[MANAGER]).await;
    assert_eq!(listed.body, json!({"webhooks": [created.body["webhook"]]}));
    let shown = &listed.body["webhooks"][0];
    assert_eq!(shown["origin"], "https://hooks.example.com:443");
    assert_eq!(
        shown["events"],
        json!(["decision.pending", "budget.exceeded"])
    );
    let audit = app.get("/audit", &[OPERATOR]).await;
    assert!(audit.text.contains("webhook_created"), "{}", audit.text);
    for text in [&listed.text, &audit.text] {
        assert!(
            !text.contains("s3cret") && !text.contains("whsec_"),
            "{text}"
        );
    }
}

#[tokio::test]
async fn what_cannot_be_told_or_reached_is_refused_by_name() {
    let app = App::new();
    let with = |member: &str, value: Value| {
        let mut body = body();
        body[member] = value;
        body
    };
    let twice = json!(["budget.exceeded", "budget.exceeded"]);
    let unknown = json!(["budget.exceeded", "weather"]);
    for (body, pointer) in [
        (with("url", json!("http://hooks.example.com/")), "/url"),
        (with("events", json!([])), "/events"),
        (with("events", json!(["webhook.test"])), "/events"),
        (with("events", twice), "/events"),
        (with("events", unknown), "/events/1"),
        (with("secret", json!("mine")), "/secret"),
    ] {
        let answer = create(&app, &body).await;
        let (status, _, at) = answer.refusal();
        assert_eq!((status, at), (400, pointer), "{body}: {}", answer.text);
    }
    let listed = app.get(WEBHOOKS, &[MANAGER]).await;
    assert_eq!(listed.body["webhooks"], json!([]));
}

#[tokio::test]
async fn an_endpoint_is_switched_off_and_on_and_removed() {
    let app = App::new();
    let uri = endpoint(&app).await;
    let off = change(&app, &uri, &json!({"enabled": false})).await;
    assert_eq!(off.body["disabled_reason"], "operator", "{}", off.text);
    let test = format!("{uri}/test");
    let refused = app.post(&test, &[MANAGER], Body::empty()).await;
    assert_eq!(refused.refusal(), (409, "webhook_disabled", "none"));
    let on = change(&app, &uri, &json!({"enabled": true})).await;
    assert_eq!(on.body["disabled_reason"], json!(null));
    assert_eq!(change(&app, &uri, &json!({})).await.refusal().0, 400);
    assert_eq!(remove(&app, &uri, MANAGER).await.status, 204);
    let gone = remove(&app, &uri, MANAGER).await;
    assert_eq!(gone.refusal(), (404, "not_found", "none"));
}

#[tokio::test]
async fn a_test_is_queued_and_listed() {
    let app = App::new();
    let uri = endpoint(&app).await;
    let test = format!("{uri}/test");
    let queued = app.post(&test, &[MANAGER], Body::empty()).await;
    assert_eq!(queued.status, 202, "{}", queued.text);
    let deliveries = format!("{uri}/deliveries");
    let listed = app.get(&deliveries, &[MANAGER]).await;
    let message = &listed.body["deliveries"][0];
    assert_eq!(message["message_id"], queued.body["message_id"]);
    assert_eq!(message["event"], "webhook.test");
    assert_eq!(message["state"], "waiting");
    let id = message["message_id"].as_str().expect("an id");
    let other = "0190c7a2-5b1e-7c3a-9f00-2b6d5a1e4c11";
    for (id, refusal) in [
        (id, (409, "delivery_waiting", "none")),
        (other, (404, "not_found", "none")),
    ] {
        let again = format!("{uri}/deliveries/{id}/redeliver");
        let refused = app.post(&again, &[MANAGER], Body::empty()).await;
        assert_eq!(refused.refusal(), refusal);
    }
}

#[tokio::test]
async fn only_those_with_the_permission_see_endpoints_of_their_tenant() {
    let app = App::new();
    let uri = endpoint(&app).await;
    for header in [AGENT, OPERATOR] {
        assert_eq!(app.get(WEBHOOKS, &[header]).await.refusal().0, 403);
        let created = app.post(WEBHOOKS, &[header], body().to_string()).await;
        assert_eq!(created.refusal(), (403, "permission_denied", "none"));
    }
    let theirs = app.get(WEBHOOKS, &[OTHER]).await;
    assert_eq!(theirs.body["webhooks"], json!([]));
    let deliveries = format!("{uri}/deliveries");
    assert_eq!(app.get(&deliveries, &[OTHER]).await.refusal().0, 404);
    assert_eq!(remove(&app, &uri, OTHER).await.refusal().0, 404);
    let own = app.get(WEBHOOKS, &[MANAGER]).await;
    assert_eq!(own.body["webhooks"].as_array().map(Vec::len), Some(1));
}
