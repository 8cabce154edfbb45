//! From a query to a filter.

use clasper_api_types::{AuditQuery, DateOrTime};
use clasper_core::AuditEvent;
use clasper_evidence::AuditFilter;
use clasper_governance::risk::RiskLevel;
use clasper_http::Problem;

/// The longest text searched for, in characters.
const MAX_TEXT: usize = 200;

/// The filter without its page.
pub(super) fn filter(query: AuditQuery) -> Result<AuditFilter, Problem> {
    let text = query.q.filter(|text| !text.is_empty());
    if text
        .as_ref()
        .is_some_and(|text| text.chars().count() > MAX_TEXT)
    {
        let detail = format!("must have at most {MAX_TEXT} characters");
        return Err(Problem::invalid("/query/q", detail));
    }
    if let Some(level) = &query.risk_level {
        risk_level(level)?;
    }
    Ok(AuditFilter {
        workspace: query.workspace_id,
        trace: query.trace_id,
        event: query.event_type.as_deref().map(event).transpose()?,
        actor: query.actor,
        target: query.target,
        risk_level: query.risk_level,
        text,
        from: query.start_date.map(DateOrTime::first),
        to: query.end_date.map(DateOrTime::last),
        ..AuditFilter::default()
    })
}

fn event(name: &str) -> Result<AuditEvent, Problem> {
    name.parse().map_err(|()| {
        let names: Vec<&str> = AuditEvent::ALL.iter().map(|event| event.name()).collect();
        let detail = format!("must be one of {}", names.join(", "));
        Problem::invalid("/query/event_type", detail)
    })
}

fn risk_level(name: &str) -> Result<(), Problem> {
    let levels = [
        RiskLevel::Low,
        RiskLevel::Medium,
        RiskLevel::High,
        RiskLevel::Critical,
    ]
    .map(RiskLevel::name);
    if levels.contains(&name) {
        return Ok(());
    }
    let detail = format!("must be one of {}", levels.join(", "));
    Err(Problem::invalid("/query/risk_level", detail))
}
