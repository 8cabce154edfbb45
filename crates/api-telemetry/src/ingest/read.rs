//! From the text of a report to what the use case is given.

use axum::http::StatusCode;
use clasper_api_types::{
    IngestAuditBody, IngestCostBody, IngestMetricsBody, IngestTraceBody, IngestViolationBody,
    SignedEnvelopeBody,
};
use clasper_core::{Sha256Digest, canonical_json};
use clasper_http::{Problem, read_part};
use clasper_reports::{ReportKind, SignedPart, Submission};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::ingest::body;

/// The members by which a report is recognised for what it is. Whatever has one that belongs to envelopes is one: it is never
/// taken for an unsigned report.
#[derive(Deserialize)]
struct Look {
    #[serde(default, rename = "type")]
    kind: Option<String>,
    envelope_version: Option<IgnoredAny>,
    payload_type: Option<IgnoredAny>,
    payload: Option<IgnoredAny>,
    payload_hash: Option<IgnoredAny>,
    signature: Option<IgnoredAny>,
}

impl Look {
    const fn is_envelope(&self) -> bool {
        self.envelope_version.is_some()
            || self.payload_type.is_some()
            || self.payload.is_some()
            || self.payload_hash.is_some()
            || self.signature.is_some()
    }
}

/// The report in `raw`, to which `at` leads. Its kind is that of the route, or the one that it names.
pub(super) fn submission(
    route: Option<ReportKind>,
    raw: &RawValue,
    at: &str,
) -> Result<Submission, Problem> {
    if !raw.get().starts_with('{') {
        return Err(Problem::invalid(at, "must be an object"));
    }
    let look: Look = read_part(raw.get(), at)?;
    if look.is_envelope() {
        return signed(route, raw, at);
    }
    let named = look.kind.as_deref();
    let kind = match (route, named, named.and_then(ReportKind::of)) {
        (Some(route), None, _) => route,
        (None, _, Some(kind)) => kind,
        (Some(route), Some(_), Some(kind)) if kind == route => route,
        _ => return Err(unknown_kind(format!("{at}/type"), route)),
    };
    let mut submission = plain(kind, raw, at)?;
    submission.content = digest(raw, at)?;
    Ok(submission)
}

fn signed(route: Option<ReportKind>, raw: &RawValue, at: &str) -> Result<Submission, Problem> {
    let envelope: SignedEnvelopeBody = read_part(raw.get(), at)?;
    let kind = ReportKind::of(&envelope.payload_type);
    let kind = kind.filter(|kind| route.is_none_or(|route| route == *kind));
    let kind = kind.ok_or_else(|| unknown_kind(format!("{at}/payload_type"), route))?;
    let at = format!("{at}/payload");
    let mut submission = plain(kind, &envelope.payload, &at)?;
    submission.content = canonical_json(&envelope.payload)
        .map_err(|error| Problem::invalid(at, error.to_string()))?
        .digest();
    submission.signed = Some(SignedPart {
        envelope_version: envelope.envelope_version,
        adapter_id: envelope.adapter_id,
        adapter_version: envelope.adapter_version,
        issued_at: envelope.issued_at,
        execution_id: envelope.execution_id,
        trace_id: envelope.trace_id,
        payload_type: envelope.payload_type,
        payload_hash: envelope.payload_hash,
        signature: envelope.signature,
    });
    Ok(submission)
}

fn plain(kind: ReportKind, raw: &RawValue, at: &str) -> Result<Submission, Problem> {
    let text = raw.get();
    Ok(match kind {
        ReportKind::Trace => body::trace(read_part::<IngestTraceBody>(text, at)?, at)?,
        ReportKind::Audit => body::audit(read_part::<IngestAuditBody>(text, at)?),
        ReportKind::Cost => body::cost(read_part::<IngestCostBody>(text, at)?),
        ReportKind::Metrics => body::metrics(read_part::<IngestMetricsBody>(text, at)?, at)?,
        ReportKind::Violations => body::violation(read_part::<IngestViolationBody>(text, at)?),
    })
}

/// The hash of the report. Whether it came alone or in a batch makes no difference.
fn digest(raw: &RawValue, at: &str) -> Result<Sha256Digest, Problem> {
    let mut members: Map<String, Value> = read_part(raw.get(), at)?;
    members.remove("type");
    let text = canonical_json(&members);
    let text = text.map_err(|error| Problem::invalid(at, error.to_string()))?;
    Ok(text.digest())
}

fn unknown_kind(pointer: String, route: Option<ReportKind>) -> Problem {
    let detail = route.map_or_else(
        || "must be trace, audit, cost, metrics or violations".to_owned(),
        |route| format!("must be {} here", route.name()),
    );
    let problem = Problem::new(
        StatusCode::BAD_REQUEST,
        "payload_type_mismatch",
        detail.clone(),
    );
    problem.at(pointer, detail)
}
