//! What is recorded of every request: one span, one log line, one count and one duration.

use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::http::{Method, StatusCode};
use tracing::{Span, field, info_span};

use crate::RequestContext;

/// What a request is counted as when its client left before there was an answer. No response carries it.
const CLIENT_LEFT: &str = "499";

/// The route of a request that matched none.
const NO_ROUTE: &str = "unmatched";

/// One request from its arrival to the head of its response. Dropped before [`Access::end`], it records that the client
/// left.
pub(crate) struct Access {
    span: Span,
    method: &'static str,
    route: Option<MatchedPath>,
    start: Instant,
    answered: bool,
}

impl Access {
    pub(crate) fn begin(request: &Request, context: RequestContext) -> Self {
        let method = method_name(request.method());
        let route = request.extensions().get::<MatchedPath>().cloned();
        // The matched route, never the URL: paths and queries may hold what people wrote.
        let route_name = route.as_ref().map_or(NO_ROUTE, MatchedPath::as_str);
        let span = info_span!(
            "request",
            otel.name = format_args!("{method} {route_name}"),
            otel.kind = "server",
            method,
            route = route_name,
            trace_id = %context.trace,
            tenant = field::Empty,
            status = field::Empty,
            duration_ms = field::Empty,
        );
        Self {
            span,
            method,
            route,
            start: Instant::now(),
            answered: false,
        }
    }

    pub(crate) fn span(&self) -> Span {
        self.span.clone()
    }

    pub(crate) fn route(&self) -> &str {
        self.route.as_ref().map_or(NO_ROUTE, MatchedPath::as_str)
    }

    /// The head of the response is ready. A body that streams goes on after this.
    pub(crate) fn end(mut self, status: StatusCode) {
        self.answered = true;
        self.span.record("status", status.as_u16());
        self.record(status.as_str());
    }

    fn record(&self, status: &str) {
        let elapsed = self.start.elapsed();
        // Microseconds are enough to read, and keep the number short.
        let micros = u32::try_from(elapsed.as_micros()).unwrap_or(u32::MAX);
        self.span.record("duration_ms", f64::from(micros) / 1000.0);
        let message = if self.answered {
            "request answered"
        } else {
            "client left before the answer"
        };
        tracing::info!(target: "clasper_http::access", parent: &self.span, "{message}");

        let route = self.route().to_owned();
        metrics::counter!(
            "http_requests_total",
            "method" => self.method, "route" => route.clone(), "status" => status.to_owned()
        )
        .increment(1);
        metrics::histogram!(
            "http_request_duration_seconds",
            "method" => self.method, "route" => route
        )
        .record(elapsed);
    }
}

impl Drop for Access {
    fn drop(&mut self) {
        if !self.answered {
            self.record(CLIENT_LEFT);
        }
    }
}

/// The method's name, from a closed set: clients may invent methods, and each would be a time series.
fn method_name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        _ => "OTHER",
    }
}
