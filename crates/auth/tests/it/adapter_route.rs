//! What an adapter is told, through a route with the real extractor and the real verifier.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::FromRef;
use axum::http::{HeaderMap, Request};
use axum::routing::get;
use clasper_auth::AuthConfig;
use clasper_core::{Role, SequentialIds};
use clasper_http::{AuthenticatedAdapter, CredentialLimiter, HttpLimits, RateLimit, layers};
use clasper_identity::Authenticator;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::support::{
    API_KEY, DAEMON_KEY, Door, adapter_claims, adapter_token, claims, config, start, token,
};

#[derive(Clone)]
struct Shared {
    authenticator: Arc<dyn Authenticator>,
    limiter: CredentialLimiter,
}

impl FromRef<Shared> for Arc<dyn Authenticator> {
    fn from_ref(shared: &Shared) -> Self {
        Arc::clone(&shared.authenticator)
    }
}

impl FromRef<Shared> for CredentialLimiter {
    fn from_ref(shared: &Shared) -> Self {
        shared.limiter.clone()
    }
}

async fn who(adapter: AuthenticatedAdapter) -> String {
    let AuthenticatedAdapter { principal, .. } = adapter;
    format!("{} of {}", principal.actor(), principal.tenant)
}

fn app(door: &Door, limiter: CredentialLimiter) -> Router {
    let shared = Shared {
        authenticator: Arc::clone(&door.verifier) as Arc<dyn Authenticator>,
        limiter,
    };
    let routes = Router::new().route("/who", get(who).post(who));
    let ids = Arc::new(SequentialIds::default());
    layers(routes.with_state(shared), &HttpLimits::default(), ids)
}

/// Status, code (or the text of a good answer) and headers.
type Answer = (u16, String, HeaderMap);

async fn send(app: &Router, headers: &[(&'static str, &str)]) -> Answer {
    let mut request = Request::post("/who").body(Body::empty()).expect("fits");
    for (name, value) in headers {
        let value = axum::http::HeaderValue::from_bytes(value.as_bytes()).expect("a value");
        request.headers_mut().append(*name, value);
    }
    let response = app.clone().oneshot(request).await.expect("infallible");
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, usize::MAX).await.expect("a body in memory");
    let said = match serde_json::from_slice::<Value>(&bytes) {
        Ok(problem) => {
            let code = problem["code"].as_str().expect("a code");
            let expected = format!("https://clasper.dev/problems/{code}");
            assert_eq!(problem["type"], expected, "{problem}");
            assert_eq!(problem["error"], problem["detail"], "{problem}");
            code.to_owned()
        }
        Err(_) => String::from_utf8(bytes.to_vec()).expect("text"),
    };
    (parts.status.as_u16(), said, parts.headers)
}

async fn ask(door: &Door, headers: &[(&'static str, &str)]) -> (u16, String) {
    let (status, said, _) = send(&app(door, CredentialLimiter::new(None)), headers).await;
    (status, said)
}

fn refusal(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

const HEADER: &str = "x-adapter-token";

fn let_in() -> (u16, String) {
    refusal(200, "adapter:openclaw-local of acme")
}

#[tokio::test]
async fn an_adapter_is_let_in_by_its_token_alone() {
    let token = adapter_token(&adapter_claims());
    assert_eq!(ask(&Door::new(), &[(HEADER, &token)]).await, let_in());
}

#[tokio::test]
async fn a_request_without_an_adapter_token_is_401_whatever_else_it_carries() {
    let door = Door::new();
    door.keys.put(API_KEY, Role::Admin);
    let key = format!("Bearer {API_KEY}");
    let tenant_token = format!("Bearer {}", token(&claims()));
    let adapters = format!("Bearer {}", adapter_token(&adapter_claims()));
    let cases: [&[(&'static str, &str)]; 7] = [
        &[],
        &[(HEADER, "")],
        &[(HEADER, "  ")],
        &[("authorization", &key)],
        &[("authorization", &tenant_token)],
        &[("authorization", &adapters)],
        &[("x-agent-daemon-key", DAEMON_KEY)],
    ];
    for headers in cases {
        let expected = refusal(401, "missing_credentials");
        assert_eq!(ask(&door, headers).await, expected, "{headers:?}");
    }
}

#[tokio::test]
async fn a_bad_token_is_401_with_the_reason_only_when_its_signature_is_right() {
    let with = |name: &str, value: Value| {
        let mut claims = adapter_claims();
        claims[name] = value;
        adapter_token(&claims)
    };
    let now = start().timestamp();
    let cases = [
        ("nonsense".to_owned(), "malformed_token"),
        (token(&adapter_claims()), "invalid_token"),
        (adapter_token(&claims()), "wrong_token_type"),
        (with("type", json!("agent")), "wrong_token_type"),
        (with("exp", json!(now - 31)), "token_expired"),
        (with("nbf", json!(now + 31)), "token_not_yet_valid"),
        (with("exp", json!(now + 90_000)), "token_life_too_long"),
        (with("exp", json!(null)), "invalid_claim"),
        (with("iat", json!(null)), "invalid_claim"),
        (with("workspace_id", json!("a/b")), "invalid_claim"),
        (with("allowed_capabilities", json!([1])), "invalid_claim"),
    ];
    let door = Door::new();
    for (token, code) in cases {
        assert_eq!(ask(&door, &[(HEADER, &token)]).await, refusal(401, code));
    }
}

#[tokio::test]
async fn a_token_sent_twice_or_not_in_ascii_is_refused() {
    let (door, token) = (Door::new(), adapter_token(&adapter_claims()));
    let expected = refusal(401, "malformed_token");
    let twice = [(HEADER, token.as_str()), (HEADER, token.as_str())];
    assert_eq!(ask(&door, &twice).await, expected);
    assert_eq!(ask(&door, &[(HEADER, "\u{fc}")]).await, expected);
}

#[tokio::test]
async fn a_server_without_the_adapters_secret_refuses_with_advice() {
    let door = Door::with(AuthConfig {
        adapters: None,
        ..config()
    });
    let token = adapter_token(&adapter_claims());
    let expected = refusal(401, "credential_not_configured");
    assert_eq!(ask(&door, &[(HEADER, &token)]).await, expected);
}

#[tokio::test]
async fn a_credential_beside_the_token_must_be_good_and_of_the_same_tenant() {
    let door = Door::new();
    door.keys.put(API_KEY, Role::Admin);
    let own = adapter_token(&adapter_claims());
    let mut globex = claims();
    globex["tenant_id"] = json!("globex");
    let globex = format!("Bearer {}", token(&globex));
    let acme = format!("Bearer {}", token(&claims()));
    let adapters = format!("Bearer {own}");
    let key = format!("Bearer {API_KEY}");
    let cases: [(&[(&'static str, &str)], _); 10] = [
        (&[("authorization", &acme)], let_in()),
        (&[("authorization", &key)], let_in()),
        (&[("x-agent-daemon-key", DAEMON_KEY)], let_in()),
        (&[("x-tenant-id", "acme")], let_in()),
        (
            &[("authorization", &globex)],
            refusal(403, "tenant_mismatch"),
        ),
        (
            &[
                ("authorization", &globex),
                ("x-agent-daemon-key", DAEMON_KEY),
            ],
            refusal(403, "tenant_mismatch"),
        ),
        (
            &[("x-tenant-id", "globex")],
            refusal(403, "tenant_mismatch"),
        ),
        (
            &[("authorization", "Bearer x")],
            refusal(401, "malformed_token"),
        ),
        (
            &[("authorization", &adapters)],
            refusal(401, "invalid_token"),
        ),
        (
            &[("x-agent-daemon-key", "wrong")],
            refusal(401, "invalid_token"),
        ),
    ];
    for (beside, expected) in cases {
        let mut headers = vec![(HEADER, own.as_str())];
        headers.extend(beside);
        assert_eq!(ask(&door, &headers).await, expected, "{beside:?}");
    }
}

#[tokio::test]
async fn an_adapter_that_asks_too_often_is_429_and_others_are_not() {
    let one = NonZeroU32::new(1).expect("not zero");
    let limit = RateLimit {
        per_second: one,
        burst: one,
    };
    let limiter = CredentialLimiter::with_time(Some(limit), || Duration::ZERO);
    let app = app(&Door::new(), limiter);
    let mut other = adapter_claims();
    other["adapter_id"] = json!("another");
    let (first, other) = (adapter_token(&adapter_claims()), adapter_token(&other));
    assert_eq!(send(&app, &[(HEADER, &first)]).await.0, 200);
    let (status, code, headers) = send(&app, &[(HEADER, &first)]).await;
    assert_eq!((status, code), refusal(429, "rate_limited"));
    assert!(headers.contains_key("retry-after"));
    assert_eq!(send(&app, &[(HEADER, &other)]).await.0, 200);
}
