//! The log from a place on, as a stream that goes on as the log grows.

use std::collections::{BTreeSet, VecDeque};
use std::convert::Infallible;
use std::time::Duration;

use axum::response::sse::Event;
use clasper_api_state::{ApiState, LogNews};
use clasper_api_types::LiveEventView;
use clasper_core::{LoggedEntry, TenantScope};
use clasper_evidence::LiveType;
use clasper_http::Problem;
use futures::{Stream, stream};
use serde_json::value::{RawValue, to_raw_value};
use tokio::time::Instant;

/// Entries read at a time.
const CHUNK: u32 = 200;
/// How long a stream lasts: its credential is looked at again when the client comes back.
const LIFETIME: Duration = Duration::from_mins(15);
/// How soon a client that was cut off should come back.
const RETRY: Duration = Duration::from_secs(1);

/// One client's view of the log.
pub(super) struct Watch {
    state: ApiState,
    scope: TenantScope,
    types: Option<BTreeSet<LiveType>>,
    /// The last place that was read.
    after: i64,
    ready: VecDeque<Event>,
    news: LogNews,
    until: Instant,
    ended: bool,
}

impl Watch {
    pub(super) fn new(
        state: ApiState,
        scope: TenantScope,
        types: Option<BTreeSet<LiveType>>,
        after: i64,
        news: LogNews,
    ) -> Self {
        // The position is told at once: whoever is cut off before the first event resumes from here all the same.
        let hello = Event::default().id(after.to_string()).retry(RETRY);
        Self {
            state,
            scope,
            types,
            after,
            ready: VecDeque::from([hello]),
            news,
            until: Instant::now() + LIFETIME,
            ended: false,
        }
    }

    /// The events. The stream ends with its lifetime, with the server, or after an event `error`.
    pub(super) fn events(self) -> impl Stream<Item = Result<Event, Infallible>> {
        stream::unfold(self, |mut watch| async move {
            let event = watch.next().await?;
            Some((Ok(event), watch))
        })
    }

    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some(event);
            }
            if self.ended {
                return None;
            }
            let audit = &self.state.audit;
            match audit.read_log(&self.scope, self.after, CHUNK).await {
                Ok(entries) if entries.is_empty() => {
                    let news = tokio::time::timeout_at(self.until, self.news.next()).await;
                    if !news.unwrap_or(false) {
                        return None;
                    }
                }
                Ok(entries) => self.take(entries),
                Err(error) => {
                    self.ended = true;
                    let problem = Problem::from(error);
                    let event = Event::default().event("error").data(problem.to_json());
                    self.ready.push_back(event);
                }
            }
        }
    }

    /// Puts entries into words.
    fn take(&mut self, entries: Vec<LoggedEntry>) {
        let mut silent = None;
        for logged in entries {
            self.after = logged.seq;
            let kind = LiveType::of(logged.entry.event);
            if self
                .types
                .as_ref()
                .is_none_or(|types| types.contains(&kind))
            {
                silent = None;
                self.ready.push_back(told(kind, logged));
            } else {
                silent = Some(self.after);
            }
        }
        // An id alone is no event, but the client resumes after it instead of going through all of this again.
        let position = silent.map(|seq| Event::default().id(seq.to_string()));
        self.ready.extend(position);
    }
}

/// The stored text as it is. Text that someone made no JSON of is told as text.
fn payload(stored: &str) -> Box<RawValue> {
    serde_json::from_str::<&RawValue>(stored)
        .map(ToOwned::to_owned)
        .or_else(|_| to_raw_value(stored))
        .unwrap_or_default()
}

fn told(kind: LiveType, logged: LoggedEntry) -> Event {
    let (seq, entry) = (logged.seq, logged.entry);
    let view = LiveEventView {
        id: entry.id,
        seq,
        r#type: kind.name().to_owned(),
        event_type: entry.event.name().to_owned(),
        timestamp: entry.occurred_at.into(),
        tenant_id: entry.tenant,
        workspace_id: entry.workspace,
        trace_id: entry.trace,
        actor: entry.actor,
        target: entry.target,
        payload: payload(entry.detail.as_str()),
    };
    let event = Event::default().id(seq.to_string()).event(kind.name());
    event.json_data(&view).unwrap_or_else(|error| {
        // A value made of texts and of JSON has a JSON form; if not, the place must not be lost.
        tracing::error!(%error, "an event cannot be written");
        Event::default().id(seq.to_string())
    })
}
