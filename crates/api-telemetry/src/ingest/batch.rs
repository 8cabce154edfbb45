//! `POST /api/ingest/batch`

use axum::Json;
use axum::extract::State;
use clasper_api_state::ApiState;
use clasper_api_types::{IngestBatchBody, IngestBatchReply, IngestResultStatus, IngestResultView};
use clasper_http::{ApiJson, AuthenticatedAdapter, Problem, WriteProblems, read_part};
use clasper_reports::{Receipt, Submission};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::ingest::{problem, read, reporter, violations_of};

/// Most reports of a batch.
const MOST: usize = 1000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Events {
    events: Vec<Box<RawValue>>,
}

/// Report many things
///
/// At most 1,000 reports of any kind, signed or not, in one commit. Each has a result of its own: one that is refused does not
/// hinder the others. Sent again, what was stored is a duplicate.
#[utoipa::path(
    post,
    path = "/api/ingest/batch",
    tag = "reports",
    request_body = IngestBatchBody,
    security(("adapter_token" = [])),
    responses((status = 200, description = "What became of each.", body = IngestBatchReply), WriteProblems)
)]
pub(super) async fn ingest_batch(
    State(state): State<ApiState>,
    adapter: AuthenticatedAdapter,
    ApiJson(raw): ApiJson<Box<RawValue>>,
) -> Result<Json<IngestBatchReply>, Problem> {
    let (events, at) = events(&raw)?;
    let mut results = Vec::with_capacity(events.len());
    let mut good: Vec<(usize, bool)> = Vec::with_capacity(events.len());
    let mut submissions = Vec::with_capacity(events.len());
    for (index, raw) in events.iter().enumerate() {
        let read = read::submission(None, raw, &format!("{at}/{index}"));
        results.push(pending(index, &read));
        if let Ok(submission) = read {
            good.push((index, submission.signed.is_some()));
            submissions.push(submission);
        }
    }
    let receipts = state
        .reports
        .receive(&reporter(adapter), submissions)
        .await?;
    for ((index, is_signed), receipt) in good.into_iter().zip(receipts) {
        let Some(result) = results.get_mut(index) else {
            continue;
        };
        match receipt {
            Receipt::Stored(found) => {
                result.status = IngestResultStatus::Stored;
                result.violations = violations_of(found);
            }
            Receipt::Duplicate => result.status = IngestResultStatus::Duplicate,
            Receipt::Refused(refusal) => {
                let problem = problem(refusal, is_signed, &format!("{at}/{index}"));
                result.problem = Some(shown(&problem));
            }
        }
    }
    Ok(Json(reply(results)))
}

/// The reports, and the pointer to them: in `events`, or as a list alone.
fn events(raw: &RawValue) -> Result<(Vec<Box<RawValue>>, &'static str), Problem> {
    let (events, at) = if raw.get().starts_with('[') {
        (read_part(raw.get(), "")?, "")
    } else {
        let body: Events = read_part(raw.get(), "")?;
        (body.events, "/events")
    };
    if events.len() > MOST {
        let detail = format!("must have at most {MOST} reports: send more batches");
        return Err(Problem::invalid(at, detail));
    }
    Ok((events, at))
}

/// The result of a report that is not stored yet.
fn pending(index: usize, read: &Result<Submission, Problem>) -> IngestResultView {
    IngestResultView {
        index,
        event_id: read.as_ref().ok().and_then(|sent| sent.event_id.clone()),
        status: IngestResultStatus::Refused,
        violations: Vec::new(),
        problem: read.as_ref().err().map(shown),
    }
}

fn shown(problem: &Problem) -> Value {
    serde_json::from_str(&problem.to_json()).unwrap_or_default()
}

fn reply(results: Vec<IngestResultView>) -> IngestBatchReply {
    let count = |status| {
        results
            .iter()
            .filter(|result| result.status == status)
            .count()
    };
    IngestBatchReply {
        stored: count(IngestResultStatus::Stored),
        duplicates: count(IngestResultStatus::Duplicate),
        refused: count(IngestResultStatus::Refused),
        results,
    }
}
