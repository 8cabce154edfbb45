//! What belongs to reports: the keys that verify them, and violations that came apart from their trace.

use std::collections::HashMap;

use clasper_core::{AdapterId, TenantScope};
use clasper_entity::{reported_violation, telemetry_key};
use clasper_reports::{KeyAlgorithm, PublicKey, TelemetryKey};
use clasper_tracing::{Trace, Violation};
use sea_orm::prelude::Uuid;
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder};

use crate::row;

const KEYS: &str = "telemetry_keys";

pub(crate) async fn telemetry_keys<C: ConnectionTrait>(
    connection: &C,
    scope: &TenantScope,
    adapter: &AdapterId,
) -> Result<Vec<TelemetryKey>, DbErr> {
    use telemetry_key::Column;
    let rows = telemetry_key::Entity::find()
        .filter(Column::TenantId.eq(scope.tenant().as_str()))
        .filter(Column::AdapterId.eq(adapter.as_str()))
        .order_by_desc(Column::AuditSeq)
        .all(connection)
        .await?;
    rows.into_iter().map(telemetry_key).collect()
}

fn telemetry_key(row: telemetry_key::Model) -> Result<TelemetryKey, DbErr> {
    let bad = |column| row::corrupt(KEYS, column);
    let algorithm = KeyAlgorithm::of(&row.key_alg).ok_or_else(|| bad("key_alg"))?;
    let jwk = serde_json::from_str(&row.public_jwk).map_err(|_| bad("public_jwk"))?;
    Ok(TelemetryKey {
        id: row.key_id,
        adapter: AdapterId::new(&row.adapter_id).map_err(|_| bad("adapter_id"))?,
        version: row.adapter_version,
        key: PublicKey::read(algorithm, &jwk).map_err(|_| bad("public_jwk"))?,
        created_at: row::time(row.created_at),
        replaced_at: row.replaced_at.map(row::time),
        revoked_at: row.revoked_at.map(row::time),
    })
}

/// Adds to reported traces what was found apart from them, each by the word of the adapter that reported the trace.
pub(crate) async fn add_violations<C: ConnectionTrait>(
    connection: &C,
    scope: &TenantScope,
    traces: &mut [Trace],
) -> Result<(), DbErr> {
    use reported_violation::Column;
    let reported = traces.iter().filter(|trace| trace.reported.is_some());
    let ids: Vec<Uuid> = reported.map(|trace| trace.id.as_uuid()).collect();
    if ids.is_empty() {
        return Ok(());
    }
    let rows = reported_violation::Entity::find()
        .filter(Column::TenantId.eq(scope.tenant().as_str()))
        .filter(Column::TraceId.is_in(ids))
        .order_by_asc(Column::AuditSeq)
        .all(connection)
        .await?;
    let mut found: HashMap<Uuid, Vec<reported_violation::Model>> = HashMap::new();
    for row in rows {
        found.entry(row.trace_id).or_default().push(row);
    }
    for trace in traces {
        let (Some(reported), Some(rows)) = (&trace.reported, found.remove(&trace.id.as_uuid()))
        else {
            continue;
        };
        let own = rows
            .into_iter()
            .filter(|row| row.adapter_id == reported.adapter.as_str());
        trace.violations.extend(own.map(|row| Violation {
            kind: row.kind,
            message: row.message,
            timestamp: row::time(row.occurred_at),
        }));
    }
    Ok(())
}
