//! Errors become problem documents.

use std::io;

use axum::Router;
use axum::routing::get as on_get;
use utoipa::{IntoResponses, PartialSchema};

use clasper_core::{Classify, ErrorKind, StoreError};
use clasper_http::{Problem, ReadProblems, WriteProblems};

use crate::app::{FIRST_TRACE, app, get, send};

#[derive(Debug, thiserror::Error)]
#[error("the budget of this month is used up")]
struct Failure(ErrorKind, #[source] io::Error);

impl Classify for Failure {
    fn kind(&self) -> ErrorKind {
        self.0
    }

    fn code(&self) -> &'static str {
        "some_code"
    }
}

fn failing(kind: ErrorKind) -> Router {
    let handler = move || async move {
        let cause = io::Error::other("password=hunter2");
        Err::<(), Problem>(Failure(kind, cause).into())
    };
    app(Router::new().route("/", on_get(handler)))
}

#[tokio::test]
async fn every_kind_has_its_status() {
    for (kind, status) in [
        (ErrorKind::InvalidInput, 400),
        (ErrorKind::Unauthenticated, 401),
        (ErrorKind::PaymentRequired, 402),
        (ErrorKind::Forbidden, 403),
        (ErrorKind::NotFound, 404),
        (ErrorKind::Conflict, 409),
        (ErrorKind::TooLarge, 413),
        (ErrorKind::RateLimited, 429),
        (ErrorKind::Internal, 500),
        (ErrorKind::Upstream, 502),
        (ErrorKind::Unavailable, 503),
        (ErrorKind::Timeout, 504),
    ] {
        let answer = send(&failing(kind), get("/")).await;
        assert_eq!(answer.status, status, "{kind:?}");
        assert_eq!(
            answer.header("content-type"),
            Some("application/problem+json")
        );
        assert_eq!(answer.body["status"], status);
        let retry = matches!(kind, ErrorKind::RateLimited | ErrorKind::Unavailable);
        assert_eq!(answer.header("retry-after").is_some(), retry, "{kind:?}");
        let challenge = kind == ErrorKind::Unauthenticated;
        assert_eq!(
            answer.header("www-authenticate"),
            challenge.then_some("Bearer")
        );
        assert!(
            !answer.body.to_string().contains("hunter2"),
            "{kind:?} shows its cause"
        );
    }
}

#[tokio::test]
async fn a_problem_has_the_members_of_the_standard_and_ours() {
    let answer = send(&failing(ErrorKind::PaymentRequired), get("/")).await;
    insta::assert_json_snapshot!(answer.body, @r#"
    {
      "code": "some_code",
      "detail": "the budget of this month is used up",
      "error": "the budget of this month is used up",
      "status": 402,
      "title": "Budget exhausted",
      "trace_id": "01900000-0000-7000-8000-000000000001",
      "type": "https://clasper.dev/problems/some_code"
    }
    "#);
}

#[tokio::test]
async fn an_internal_error_shows_a_trace_id_and_nothing_else() {
    let answer = send(&failing(ErrorKind::Internal), get("/")).await;
    insta::assert_json_snapshot!(answer.body, @r#"
    {
      "code": "some_code",
      "detail": "something went wrong on our side: the trace id names it in our logs",
      "error": "something went wrong on our side: the trace id names it in our logs",
      "status": 500,
      "title": "Internal error",
      "trace_id": "01900000-0000-7000-8000-000000000001",
      "type": "https://clasper.dev/problems/some_code"
    }
    "#);
    assert_eq!(answer.header("x-trace-id"), Some(FIRST_TRACE));
}

#[tokio::test]
async fn extension_members_stand_beside_the_others() {
    let handler = || async {
        Problem::from(StoreError::Overloaded)
            .retry_after(7)
            .with("permission", "budget:modify")
    };
    let answer = send(&app(Router::new().route("/", on_get(handler))), get("/")).await;
    assert_eq!(answer.body["permission"], "budget:modify");
    assert_eq!(answer.body["retry_after"], 7);
    assert_eq!(answer.header("retry-after"), Some("7"));
}

#[test]
fn the_document_describes_the_members() {
    let schema = serde_json::to_value(Problem::schema()).expect("a document");
    let properties = schema.to_string();
    for member in [
        "type", "title", "status", "detail", "code", "error", "errors", "trace_id",
    ] {
        assert!(properties.contains(&format!("\"{member}\":")), "{member}");
    }
}

#[test]
fn every_listed_response_has_a_description() {
    let all = WriteProblems::responses();
    assert_eq!(all.len(), ReadProblems::responses().len() + 2);
    let document = serde_json::to_value(all).expect("a document");
    for (status, response) in document.as_object().expect("responses by status") {
        assert!(response["description"].is_string(), "{status}");
        let schema = &response["content"]["application/problem+json"]["schema"];
        assert_eq!(schema["$ref"], "#/components/schemas/Problem", "{status}");
    }
}
