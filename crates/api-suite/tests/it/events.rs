//! `GET /api/events`

use axum::body::{Body, BodyDataStream};
use axum::http::Method;
use futures::StreamExt;
use serde_json::{Value, json};

use crate::agents::message;
use crate::app::{ACME, AGENT, App, Headers, OPERATOR};

const EVENTS: &str = "/api/events";

/// A stream of events, read frame by frame.
struct Frames {
    body: BodyDataStream,
    rest: String,
}

impl Frames {
    async fn open(app: &App, uri: &str, headers: Headers<'_>) -> Self {
        let response = app.open(Method::GET, uri, headers, Body::empty()).await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self {
            body: response.into_body().into_data_stream(),
            rest: String::new(),
        }
    }

    /// The next frame, without comments; `None` when the stream has ended.
    async fn frame(&mut self) -> Option<String> {
        loop {
            if let Some((frame, rest)) = self.rest.split_once("\n\n") {
                let (frame, rest) = (frame.to_owned(), rest.to_owned());
                self.rest = rest;
                if !frame.starts_with(':') {
                    return Some(frame);
                }
                continue;
            }
            let bytes = self.body.next().await?.expect("a whole body");
            self.rest
                .push_str(std::str::from_utf8(&bytes).expect("text"));
        }
    }

    /// The next frame with data: its id, its name and the data.
    async fn event(&mut self) -> Option<(i64, String, Value)> {
        loop {
            let frame = self.frame().await?;
            let field = |name: &str| {
                let mut lines = frame.lines();
                lines.find_map(|line| line.strip_prefix(&format!("{name}: ")).map(str::to_owned))
            };
            if let Some(data) = field("data") {
                let id = field("id").expect("an id").parse().expect("a number");
                let data = serde_json::from_str(&data).expect("JSON");
                return Some((id, field("event").expect("a name"), data));
            }
        }
    }
}

async fn send(app: &App) {
    let answer = app.post("/api/agents/send", &[ACME], message().to_string());
    assert_eq!(answer.await.status, 200);
}

#[tokio::test]
async fn a_client_that_is_cut_anywhere_sees_every_event_once_in_order() {
    let app = App::new();
    for _ in 0..20 {
        send(&app).await;
    }
    let last = app.memory.state().log.last().expect("entries").seq;
    let (mut seen, mut cuts) = (Vec::new(), 0_usize);
    let mut position = "0".to_owned();
    while seen.len() < usize::try_from(last).expect("few") {
        let headers = [OPERATOR, ("last-event-id", &*position)];
        let mut frames = Frames::open(&app, EVENTS, &headers).await;
        // Cut after one frame, two, three and so on; the greeting is one and tells the position too.
        for _ in 0..=cuts % 7 {
            let frame = frames.frame().await.expect("a frame");
            let id = frame.lines().find_map(|line| line.strip_prefix("id: "));
            position = id.expect("an id").to_owned();
            if frame.contains("data: ") {
                seen.push(position.parse::<i64>().expect("a number"));
            }
            if position == last.to_string() {
                break;
            }
        }
        cuts += 1;
    }
    assert_eq!(seen, (1..=last).collect::<Vec<_>>());
}

#[tokio::test]
async fn what_happens_later_is_told_as_it_happens() {
    let app = App::new();
    send(&app).await;
    let before = app.memory.state().log.last().expect("entries").seq;
    let mut frames = Frames::open(&app, EVENTS, &[ACME]).await;
    // The greeting says from where on, before anything happens.
    let hello = frames.frame().await.expect("a frame");
    assert!(hello.contains(&format!("id: {before}")), "{hello}");
    send(&app).await;
    app.told.send_modify(|writes| *writes += 1);
    let (id, name, data) = frames.event().await.expect("an event");
    assert_eq!((id, &*name), (before + 1, "trace.created"));
    assert_eq!(
        (&data["seq"], &data["tenant_id"], &data["event_type"]),
        (
            &json!(before + 1),
            &json!("acme"),
            &json!("agent_execution_started")
        )
    );
    assert!(data["payload"].is_object(), "{data}");
    let (_, name, data) = frames.event().await.expect("an event");
    assert_eq!(
        (&*name, &data["type"]),
        ("trace.completed", &json!("trace.completed"))
    );
    app.stopping.cancel();
    assert_eq!(
        frames.event().await,
        None,
        "the stream ends with the server"
    );
}

#[tokio::test]
async fn a_filtered_stream_moves_on_past_what_it_does_not_tell() {
    let app = App::new();
    for _ in 0..3 {
        send(&app).await;
    }
    let last = app.memory.state().log.last().expect("entries").seq;
    let uri = "/api/events?last_event_id=0&types=trace.created";
    let mut frames = Frames::open(&app, uri, &[ACME]).await;
    for _ in 0..3 {
        let (_, name, _) = frames.event().await.expect("an event");
        assert_eq!(name, "trace.created");
    }
    let frame = frames.frame().await.expect("a position");
    assert_eq!(frame, format!("id: {last}"));
}

#[tokio::test]
async fn what_cannot_be_watched_is_refused_before_the_stream_begins() {
    let app = App::new();
    for (uri, headers, refusal) in [
        (EVENTS, &[AGENT][..], (403, "permission_denied", "none")),
        (EVENTS, &[], (401, "unauthenticated", "none")),
        (
            EVENTS,
            &[ACME, ("last-event-id", "99")],
            (400, "invalid_input", "/header/Last-Event-ID"),
        ),
        (
            "/api/events?last_event_id=x",
            &[ACME],
            (400, "invalid_input", "/query/last_event_id"),
        ),
        (
            "/api/events?types=trace.deleted",
            &[ACME],
            (400, "invalid_input", "/query/types"),
        ),
    ] {
        let answer = app.get(uri, headers).await;
        let (status, code, pointer) = answer.refusal();
        assert_eq!((status, pointer), (refusal.0, refusal.2), "{uri}");
        assert!(status == 401 || code == refusal.1, "{uri}: {code}");
    }
}
