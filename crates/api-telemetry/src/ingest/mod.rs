//! Reports of adapters, one by one and many together.

mod audit;
mod batch;
mod body;
mod cost;
mod metrics;
mod read;
mod trace;
mod violations;

use clasper_api_state::ApiState;
use clasper_api_types::{FoundView, IngestReply, IngestStatus};
use clasper_http::{AuthenticatedAdapter, Problem};
use clasper_reports::{Found, Receipt, Refusal, ReportKind, Reporter};
use serde_json::value::RawValue;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(trace::ingest_trace))
        .routes(routes!(audit::ingest_audit))
        .routes(routes!(cost::ingest_cost))
        .routes(routes!(metrics::ingest_metrics))
        .routes(routes!(violations::ingest_violation))
        .routes(routes!(batch::ingest_batch))
}

fn reporter(adapter: AuthenticatedAdapter) -> Reporter {
    Reporter::new(adapter.principal, adapter.context.record)
}

/// Takes one report in.
async fn one(
    state: &ApiState,
    adapter: AuthenticatedAdapter,
    kind: ReportKind,
    raw: &RawValue,
) -> Result<IngestReply, Problem> {
    let submission = read::submission(Some(kind), raw, "")?;
    let is_signed = submission.signed.is_some();
    let receipts = state
        .reports
        .receive(&reporter(adapter), vec![submission])
        .await?;
    match receipts.into_iter().next() {
        Some(Receipt::Stored(found)) => Ok(IngestReply {
            status: IngestStatus::Ok,
            violations: violations_of(found),
        }),
        Some(Receipt::Refused(refusal)) => Err(problem(refusal, is_signed, "")),
        Some(Receipt::Duplicate) | None => Ok(IngestReply {
            status: IngestStatus::Duplicate,
            violations: Vec::new(),
        }),
    }
}

fn violations_of(found: Vec<Found>) -> Vec<FoundView> {
    let view = |found: Found| FoundView {
        r#type: found.kind.to_owned(),
        message: found.message,
    };
    found.into_iter().map(view).collect()
}

/// The problem of a report that is refused; `at` leads to it.
fn problem(refusal: Refusal, is_signed: bool, at: &str) -> Problem {
    let is_of_payload = is_signed && !matches!(refusal, Refusal::Envelope { .. });
    let problem = Problem::from(refusal);
    let problem = if is_of_payload {
        problem.under("/payload")
    } else {
        problem
    };
    problem.under(at)
}
