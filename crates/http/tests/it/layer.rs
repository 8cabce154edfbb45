//! What holds for every route.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::routing::{get as on_get, post as on_post};
use tokio::sync::Semaphore;
use tower::ServiceExt;

use clasper_http::{HttpLimits, RequestContext};

use crate::app::{FIRST_TRACE, app, get, limited, send};

fn one_at_a_time() -> HttpLimits {
    HttpLimits {
        max_concurrent: 1,
        ..HttpLimits::default()
    }
}

#[tokio::test]
async fn an_unknown_route_is_a_404_problem() {
    let answer = send(&app(Router::new()), get("/nowhere?secret=1")).await;
    insta::assert_json_snapshot!(answer.body, @r#"
    {
      "code": "unknown_route",
      "detail": "there is no such route: `/openapi.json` lists them",
      "error": "there is no such route: `/openapi.json` lists them",
      "status": 404,
      "title": "Not Found",
      "trace_id": "01900000-0000-7000-8000-000000000001",
      "type": "https://clasper.dev/problems/unknown_route"
    }
    "#);
}

#[tokio::test]
async fn a_wrong_method_is_a_405_problem_with_the_right_ones() {
    let app = app(Router::new().route("/thing", on_post(|| async {}).delete(|| async {})));
    let answer = send(&app, get("/thing")).await;
    assert_eq!(
        (answer.status.as_u16(), answer.code()),
        (405, "method_not_allowed")
    );
    let mut allowed: Vec<_> = answer
        .header("allow")
        .unwrap_or_default()
        .split(',')
        .collect();
    allowed.sort_unstable();
    assert_eq!(allowed, ["DELETE", "POST"]);
}

#[tokio::test]
async fn a_panic_is_a_500_problem_and_the_next_request_is_served() {
    async fn explode() -> &'static str {
        panic!("a token that must not be shown")
    }
    let app = limited(
        Router::new()
            .route("/panics", on_get(explode))
            .route("/works", on_get(|| async { "works" })),
        &one_at_a_time(),
    );
    let answer = send(&app, get("/panics")).await;
    assert_eq!(
        (answer.status.as_u16(), answer.code()),
        (500, "internal_error")
    );
    assert_eq!(answer.body["trace_id"], FIRST_TRACE);
    assert!(!answer.body.to_string().contains("token"));
    assert_eq!(send(&app, get("/works")).await.status, 200);
}

#[tokio::test]
async fn the_trace_id_is_the_requests_own_where_it_is_a_uuid() {
    let app = app(Router::new().route(
        "/",
        on_get(|context: RequestContext| async move { context.trace.to_string() }),
    ));
    for (own, expected) in [
        (
            Some("0190c7a2-5b1e-7c3a-9f00-2b6d5a1e4c11"),
            Some("0190c7a2-5b1e-7c3a-9f00-2b6d5a1e4c11"),
        ),
        (None, None),
        (Some("not-a-uuid"), None),
        (Some("00000000-0000-0000-0000-000000000000"), None),
    ] {
        let mut request = Request::get("/");
        if let Some(own) = own {
            request = request.header("x-trace-id", own);
        }
        let answer = send(&app, request.body(Body::empty()).expect("a valid request")).await;
        let header = answer.header("x-trace-id").expect("every response has one");
        assert_eq!(answer.body, header);
        match expected {
            Some(expected) => assert_eq!(header, expected),
            None => assert!(header.starts_with("01900000-0000-7000-8000-"), "{header}"),
        }
    }
}

#[tokio::test]
async fn every_response_has_the_security_headers() {
    let page = || async { ([("cache-control", "max-age=60")], "page") };
    let app = app(Router::new().route("/page", on_get(page)));
    for (uri, cache) in [("/page", "max-age=60"), ("/nowhere", "no-store")] {
        let answer = send(&app, get(uri)).await;
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(answer.header("x-frame-options"), Some("DENY"));
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
        assert_eq!(answer.header("cache-control"), Some(cache));
    }
}

#[tokio::test]
async fn beyond_the_concurrency_limit_requests_are_turned_away_at_once() {
    let entered = Arc::new(Semaphore::new(0));
    let release = Arc::new(Semaphore::new(0));
    let (inside, gate) = (Arc::clone(&entered), Arc::clone(&release));
    let slow = move || async move {
        inside.add_permits(1);
        gate.acquire().await.expect("never closed").forget();
        "done"
    };
    let app = limited(
        Router::new()
            .route("/slow", on_get(slow))
            .route("/livez", on_get(|| async {})),
        &one_at_a_time(),
    );
    let first = send(&app, get("/slow"));
    let meanwhile = async {
        entered.acquire().await.expect("never closed").forget();
        let refused = send(&app, get("/slow")).await;
        assert_eq!(
            (refused.status.as_u16(), refused.code()),
            (503, "overloaded")
        );
        assert_eq!(refused.header("retry-after"), Some("1"));
        assert_eq!(send(&app, get("/livez")).await.status, 200);
        release.add_permits(2);
    };
    let (first, ()) = tokio::join!(first, meanwhile);
    assert_eq!(first.body, "done");
    assert_eq!(send(&app, get("/slow")).await.status, 200);
}

#[tokio::test]
async fn a_stream_keeps_its_place_until_it_ends() {
    let stream = || async {
        let chunks = futures::stream::iter(vec![Ok::<_, std::io::Error>("data: x\n\n")]);
        Body::from_stream(chunks)
    };
    let app = limited(
        Router::new()
            .route("/stream", on_get(stream))
            .route("/quick", on_get(|| async {})),
        &one_at_a_time(),
    );
    let open = app
        .clone()
        .oneshot(get("/stream"))
        .await
        .expect("infallible");
    assert_eq!(open.status(), 200);
    assert_eq!(send(&app, get("/quick")).await.status, 503);
    let body = axum::body::to_bytes(open.into_body(), 100)
        .await
        .expect("a short body");
    assert_eq!(body, "data: x\n\n");
    assert_eq!(send(&app, get("/quick")).await.status, 200);
}

#[tokio::test]
async fn a_request_that_takes_too_long_is_stopped() {
    let limits = HttpLimits {
        request_timeout: Duration::ZERO,
        ..one_at_a_time()
    };
    let app = limited(
        Router::new()
            .route("/never", on_get(std::future::pending::<()>))
            .route("/quick", on_get(|| async {})),
        &limits,
    );
    let answer = send(&app, get("/never")).await;
    assert_eq!((answer.status.as_u16(), answer.code()), (504, "timeout"));
    assert_eq!(send(&app, get("/quick")).await.status, 200);
}

#[tokio::test]
async fn a_stream_may_go_on_after_the_time_limit() {
    let limits = HttpLimits {
        request_timeout: Duration::ZERO,
        ..HttpLimits::default()
    };
    let (sender, receiver) = tokio::sync::oneshot::channel::<&'static str>();
    let receiver = Arc::new(std::sync::Mutex::new(Some(receiver)));
    let stream = move || {
        let receiver = receiver.lock().ok().and_then(|mut taken| taken.take());
        async move { Body::from_stream(futures::stream::once(receiver.expect("called once"))) }
    };
    let app = limited(Router::new().route("/stream", on_get(stream)), &limits);
    let open = app.oneshot(get("/stream")).await.expect("infallible");
    tokio::task::yield_now().await;
    sender.send("late").expect("the stream is still open");
    let body = axum::body::to_bytes(open.into_body(), 100)
        .await
        .expect("a short body");
    assert_eq!(body, "late");
}
