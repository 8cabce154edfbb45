//! Spans of foreign instrumentation.

use std::collections::{HashMap, HashSet};

use clasper_core::{TenantScope, Timestamp};
use clasper_entity::{otel_source, otel_span};
use clasper_otlp::{KeptSpan, step};
use clasper_tracing::{Step, StepRecorder};
use sea_orm::prelude::Uuid;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};

/// Most spans that are shown as steps of one trace.
const MOST_STEPS: u64 = 10_000;

/// The spans of a trace as steps, in the order in which they began.
pub(crate) async fn steps<C: ConnectionTrait>(
    connection: &C,
    scope: &TenantScope,
    trace: Uuid,
) -> Result<Vec<Step>, DbErr> {
    use otel_span::Column as S;
    let tenant = scope.tenant().as_str();
    let rows = otel_span::Entity::find()
        .filter(S::TenantId.eq(tenant))
        .filter(S::TraceId.eq(trace))
        .order_by_asc(S::StartedNanos)
        .order_by_asc(S::SpanId)
        .limit(MOST_STEPS)
        .all(connection)
        .await?;
    let hashes: HashSet<Vec<u8>> = rows.iter().map(|row| row.source_hash.clone()).collect();
    let sources = sources(connection, tenant, hashes).await?;
    let mut steps = StepRecorder::default();
    for row in rows {
        let started = Timestamp::from_timestamp_micros(row.started_nanos / 1_000);
        let millis = (row.ended_nanos - row.started_nanos) / 1_000_000;
        let kept = KeptSpan {
            source: sources.get(&row.source_hash).cloned().unwrap_or_default(),
            document: row.document,
            started_nanos: row.started_nanos,
            ended_nanos: row.ended_nanos,
        };
        let millis = u64::try_from(millis).unwrap_or(0);
        steps.push(started.unwrap_or_default(), millis, step(&kept));
    }
    Ok(steps.into_steps())
}

async fn sources<C: ConnectionTrait>(
    connection: &C,
    tenant: &str,
    hashes: HashSet<Vec<u8>>,
) -> Result<HashMap<Vec<u8>, String>, DbErr> {
    use otel_source::Column as S;
    if hashes.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = otel_source::Entity::find()
        .filter(S::TenantId.eq(tenant))
        .filter(S::SourceHash.is_in(hashes))
        .all(connection)
        .await?;
    let pairs = rows.into_iter().map(|row| (row.source_hash, row.document));
    Ok(pairs.collect())
}
