//! Who a request is from, and which tenant it is for.

use std::sync::Arc;

use async_trait::async_trait;
use axum::Router;
use axum::extract::FromRef;
use axum::http::Request;
use axum::routing::get as on_get;
use serde::Deserialize;

use clasper_core::{
    ApiKeyId, Credential, IdSource, PermissionSet, Principal, SequentialIds, TenantId,
};
use clasper_http::{ApiJson, Authenticated, CredentialLimiter, Problem, TenantCaller};
use clasper_identity::{AuthError, Authentication, Authenticator, DaemonAuthentication, Presented};

use crate::app::{Answer, app, get, post, send};

/// Accepts `acme-key`, and `daemon-key` with `fallback` as its default tenant.
struct TwoKeys;

#[async_trait]
impl Authenticator for TwoKeys {
    async fn authenticate(&self, presented: Presented<'_>) -> Result<Authentication, AuthError> {
        let bearer = match presented.bearer {
            None => None,
            Some("acme-key") => Some(acme()),
            Some(_) => return Err(AuthError::Invalid),
        };
        match (presented.daemon_key, bearer) {
            (Some("daemon-key"), bearer) => Ok(Authentication::Daemon(DaemonAuthentication::new(
                tenant("fallback"),
                bearer,
            ))),
            (Some(_), _) => Err(AuthError::Invalid),
            (None, Some(principal)) => Ok(Authentication::Tenant(principal)),
            (None, None) => Err(AuthError::Missing),
        }
    }
}

pub fn tenant(name: &str) -> TenantId {
    TenantId::new(name).expect("a valid name")
}

fn acme() -> Principal {
    Principal {
        tenant: tenant("acme"),
        user: None,
        permissions: PermissionSet::all(),
        credential: Credential::ApiKey(ApiKeyId::from_uuid(SequentialIds::default().next_uuid())),
        allowed_tools: None,
    }
}

#[derive(Clone)]
pub struct Shared {
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

#[derive(Deserialize)]
struct Named {
    tenant_id: Option<TenantId>,
}

async fn write(
    authenticated: Authenticated,
    ApiJson(body): ApiJson<Named>,
) -> Result<String, Problem> {
    let caller = authenticated.caller(body.tenant_id.as_ref())?;
    Ok(caller.principal.tenant.to_string())
}

pub fn router(limiter: CredentialLimiter) -> Router {
    let read = |TenantCaller(caller): TenantCaller| async move {
        format!("{} {}", caller.principal.tenant, caller.trace)
    };
    let shared = Shared {
        authenticator: Arc::new(TwoKeys),
        limiter,
    };
    let routes = Router::new().route("/things", on_get(read).post(write));
    app(routes.with_state(shared))
}

/// The headers of a request, as name and value.
type Headers<'a> = &'a [(&'static str, &'a str)];

const ACME: (&str, &str) = ("authorization", "Bearer acme-key");
const DAEMON: (&str, &str) = ("x-agent-daemon-key", "daemon-key");

fn with(mut request: Request<axum::body::Body>, headers: Headers<'_>) -> Request<axum::body::Body> {
    for (name, value) in headers {
        let value = value.parse().expect("a header value");
        request.headers_mut().append(*name, value);
    }
    request
}

async fn reading(uri: &str, headers: Headers<'_>) -> Answer {
    let app = router(CredentialLimiter::new(None));
    send(&app, with(get(uri), headers)).await
}

async fn writing(body: &'static str, headers: Headers<'_>) -> Answer {
    let app = router(CredentialLimiter::new(None));
    send(&app, with(post("/things", body), headers)).await
}

#[tokio::test]
async fn a_tenant_credential_acts_for_its_own_tenant() {
    for uri in ["/things", "/things?tenant_id=acme"] {
        let own = "0190c7a2-5b1e-7c3a-9f00-2b6d5a1e4c11";
        let answer = reading(uri, &[ACME, ("x-trace-id", own)]).await;
        let said = answer.body.as_str().expect("text");
        assert!(said.starts_with("acme "), "{uri}: {said}");
        // A client may repeat its id; what it does is recorded under one of ours.
        assert!(!said.contains(own), "{uri}: {said}");
        assert_eq!(answer.headers["x-trace-id"], own, "{uri}");
    }
    assert_eq!(
        writing("{}", &[ACME, ("x-tenant-id", "acme")]).await.body,
        "acme"
    );
}

#[tokio::test]
async fn naming_another_tenant_on_a_read_is_404_without_a_hint() {
    let by_query = reading("/things?tenant_id=other", &[ACME]).await;
    insta::assert_json_snapshot!(by_query.body, @r#"
    {
      "code": "not_found",
      "detail": "there is no such thing in this tenant",
      "error": "there is no such thing in this tenant",
      "status": 404,
      "title": "Not Found",
      "trace_id": "01900000-0000-7000-8000-000000000001",
      "type": "https://clasper.dev/problems/not_found"
    }
    "#);
    let by_header = reading("/things", &[ACME, ("x-tenant-id", "other")]).await;
    assert_eq!(by_header.body, by_query.body);
}

#[tokio::test]
async fn naming_another_tenant_on_a_write_is_403() {
    let answer = writing(r#"{"tenant_id":"other"}"#, &[ACME]).await;
    assert_eq!(
        (answer.status.as_u16(), answer.code()),
        (403, "tenant_mismatch")
    );
}

#[tokio::test]
async fn the_daemon_names_its_tenant() {
    assert!(
        reading("/things?tenant_id=any", &[DAEMON])
            .await
            .body
            .to_string()
            .contains("any ")
    );
    assert_eq!(
        writing("{}", &[DAEMON, ("x-tenant-id", "any")]).await.body,
        "any"
    );
    assert_eq!(
        writing(r#"{"tenant_id":"any"}"#, &[DAEMON]).await.body,
        "any"
    );
    assert_eq!(writing("{}", &[DAEMON]).await.body, "fallback");
    assert_eq!(writing("{}", &[DAEMON, ACME]).await.body, "acme");
    let against_its_bearer = writing(r#"{"tenant_id":"any"}"#, &[DAEMON, ACME]).await;
    assert_eq!(against_its_bearer.code(), "tenant_mismatch");
}

#[tokio::test]
async fn a_header_and_a_body_that_disagree_are_refused() {
    let answer = writing(
        r#"{"tenant_id":"any"}"#,
        &[DAEMON, ("x-tenant-id", "other")],
    )
    .await;
    assert_eq!(
        (answer.status.as_u16(), answer.pointer()),
        (400, "/header/x-tenant-id")
    );
}

#[tokio::test]
async fn a_tenant_that_is_no_name_is_refused() {
    let by_query = reading("/things?tenant_id=..%2Fx", &[DAEMON]).await;
    assert_eq!(
        (by_query.status.as_u16(), by_query.pointer()),
        (400, "/query/tenant_id")
    );
    let by_header = reading("/things", &[DAEMON, ("x-tenant-id", "a/b")]).await;
    assert_eq!(
        (by_header.status.as_u16(), by_header.pointer()),
        (400, "/header/x-tenant-id")
    );
}

#[tokio::test]
async fn without_a_valid_credential_nothing_is_read() {
    let cases: [(Headers<'_>, &str); 7] = [
        (&[], "missing_credentials"),
        (&[("authorization", "Basic YTpi")], "missing_credentials"),
        (&[("authorization", "Bearer other")], "invalid_token"),
        (&[("authorization", "Bearer")], "invalid_token"),
        (&[ACME, ACME], "malformed_token"),
        (&[("authorization", "Bearer \u{fc}")], "malformed_token"),
        (&[DAEMON, DAEMON], "invalid_token"),
    ];
    for (headers, code) in cases {
        for answer in [
            reading("/things?tenant_id=%ff", headers).await,
            writing("nonsense", headers).await,
        ] {
            assert_eq!(
                (answer.status.as_u16(), answer.code()),
                (401, code),
                "{headers:?}"
            );
            assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
        }
    }
}

#[tokio::test]
async fn the_scheme_is_read_without_regard_to_case() {
    let answer = writing("{}", &[("authorization", "bearer  acme-key ")]).await;
    assert_eq!(answer.status, 200);
}
