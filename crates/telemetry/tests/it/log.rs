//! What log lines contain, and what they do not.

use std::io;

use clasper_telemetry::{Error, LogFormat, build};
use secrecy::SecretString;
use serde_json::Value;
use tracing::dispatcher::with_default;
use tracing::{field, info, info_span, warn};

use crate::{Captured, config};

fn written(filter: &str, format: LogFormat, act: impl FnOnce()) -> String {
    let captured = Captured::default();
    let writer = captured.clone();
    let (dispatch, _telemetry) =
        build(&config(filter, format), move || writer.clone()).expect("a valid configuration");
    with_default(&dispatch, act);
    captured.text()
}

fn lines(filter: &str, act: impl FnOnce()) -> Vec<Value> {
    let text = written(filter, LogFormat::Json, act);
    let parsed = text.lines().map(serde_json::from_str);
    parsed
        .collect::<Result<_, _>>()
        .expect("every line is JSON")
}

/// A request's span as the HTTP kit makes it.
fn request() -> tracing::Span {
    info_span!(target: "clasper_http", "request", otel.name = "GET /x", trace_id = "0190-t", route = "/x", tenant = field::Empty)
}

#[test]
fn the_fields_of_the_request_are_at_the_top_of_every_line() {
    let lines = lines("info", || {
        let span = request();
        let _entered = span.enter();
        info!("before");
        span.record("tenant", "acme");
        let inner = info_span!(target: "clasper_runtime", "step", step = 2);
        inner.in_scope(|| info!(attempts = 3, ratio = 0.5, done = true, "a step ended"));
    });
    assert_eq!(lines[0]["trace_id"], "0190-t");
    assert_eq!(lines[0]["tenant"], Value::Null);
    let line = &lines[1];
    for (member, expected) in [
        ("message", Value::from("a step ended")),
        ("level", "INFO".into()),
        ("trace_id", "0190-t".into()),
        ("route", "/x".into()),
        ("tenant", "acme".into()),
        ("step", 2.into()),
        ("attempts", 3.into()),
        ("ratio", 0.5.into()),
        ("done", true.into()),
    ] {
        assert_eq!(line[member], expected, "{member} in {line}");
    }
    assert!(
        line["timestamp"]
            .as_str()
            .is_some_and(|time| time.ends_with('Z'))
    );
    assert!(line.get("otel.name").is_none());
}

#[test]
fn a_warning_carries_its_trace_id_whatever_the_filter() {
    let lines = lines("warn", || {
        request().in_scope(|| {
            info!("not logged");
            warn!("logged");
        });
    });
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0]["trace_id"], "0190-t");
}

#[test]
fn a_secret_is_not_written() {
    let secret = SecretString::from("hunter2");
    for format in [LogFormat::Json, LogFormat::Human] {
        let text = written("info", format, || {
            let span = info_span!("configured", password = ?secret);
            span.in_scope(|| info!(?secret, "a secret of the configuration"));
        });
        assert!(text.contains("REDACTED"), "{text}");
        assert!(!text.contains("hunter2"), "{text}");
    }
}

#[test]
fn a_field_cannot_forge_a_line_or_a_level() {
    let evil = "x\n{\"level\":\"ERROR\"}\u{1b}[2J";
    let json = lines("info", || {
        info!(level = "ERROR", target = "forged", evil, "{evil}");
    });
    assert_eq!(json.len(), 1);
    assert_eq!(json[0]["level"], "INFO");
    assert_eq!(json[0]["evil"], evil);

    let human = written("info", LogFormat::Human, || info!(evil, "{evil}"));
    assert_eq!(human.lines().count(), 1, "{human}");
    assert!(!human.contains('\u{1b}'));
}

#[test]
fn lines_for_people_leave_out_what_is_for_exporters() {
    let text = written("info", LogFormat::Human, || {
        request().in_scope(|| info!(count = 1, reason = "two words", "ready"));
    });
    assert!(text.contains("request{trace_id=0190-t route=/x}"), "{text}");
    assert!(
        text.ends_with("ready count=1 reason=\"two words\"\n"),
        "{text}"
    );
    assert!(!text.contains("otel"), "{text}");
}

#[test]
fn off_a_terminal_automatic_means_json() {
    let text = written("info", LogFormat::Auto, || info!("ready"));
    assert!(text.starts_with('{'), "{text}");
}

#[test]
fn a_filter_that_cannot_be_read_is_refused() {
    let refused = build(&config("clasper=loud=very", LogFormat::Json), io::sink);
    assert!(matches!(refused, Err(Error::Filter { .. })));
}

#[test]
fn an_empty_filter_means_info() {
    assert_eq!(lines(" ", || info!("ready")).len(), 1);
}
