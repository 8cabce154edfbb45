//! Between rows and domain values.

use clasper_core::{
    AuditEntry, AuditEntryId, AuditEvent, CanonicalJson, ChainHead, LeafHash, LoggedEntry,
    Sha256Digest, TenantId, Timestamp, TraceId, Usd, UserId, WorkspaceId,
};
use clasper_entity::{audit_entry, decision, outbox_message, tenant, trace};
use clasper_governance::{AlertThreshold, Budget, Decision, Grant, Period, PeriodKind};
use clasper_retention::RetentionPolicy;
use clasper_runtime::run::OutboxMessage;
use clasper_tracing::Trace;
use sea_orm::DbErr;

/// A row that contradicts what we know to be true.
#[must_use]
pub fn corrupt(table: &'static str, column: &'static str) -> DbErr {
    DbErr::Type(format!("{table}.{column} holds a value that cannot be"))
}

/// Something of ours that should always have a JSON form, or an amount that should always fit, did not.
pub fn unspeakable(error: impl std::fmt::Display) -> DbErr {
    DbErr::Custom(error.to_string())
}

pub(crate) fn usd(nanos: i64, table: &'static str, column: &'static str) -> Result<Usd, DbErr> {
    Usd::from_nanos(nanos).map_err(|_| corrupt(table, column))
}

pub(crate) fn sum(nanos: i64, more: Usd) -> Result<i64, DbErr> {
    nanos
        .checked_add(more.nanos())
        .ok_or_else(|| unspeakable("an amount of money is too large to book"))
}

/// A number as it is stored: what is too large for the column is the largest that fits.
#[must_use]
pub fn count(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

pub(crate) fn time(micros: i64) -> Timestamp {
    Timestamp::from_timestamp_micros(micros).unwrap_or_default()
}

pub(crate) fn digest(
    bytes: &[u8],
    table: &'static str,
    column: &'static str,
) -> Result<Sha256Digest, DbErr> {
    bytes
        .try_into()
        .map(Sha256Digest::from_bytes)
        .map_err(|_| corrupt(table, column))
}

pub(crate) fn tenant_id(text: &str, table: &'static str) -> Result<TenantId, DbErr> {
    TenantId::new(text).map_err(|_| corrupt(table, "tenant_id"))
}

/// The end of a tenant's log, as its account says.
///
/// # Errors
/// When the row is not as it was written.
pub fn chain_head(row: &tenant::Model) -> Result<ChainHead, DbErr> {
    let hash = row
        .head_hash
        .as_deref()
        .map(|h| digest(h, "tenants", "head_hash"))
        .transpose()?;
    Ok(ChainHead {
        seq: row.head_seq,
        hash,
    })
}

/// The retention policy in a tenant's row, when it has one.
///
/// # Errors
/// When the row is not as it was written.
pub fn retention(row: &tenant::Model) -> Result<Option<RetentionPolicy>, DbErr> {
    let document = row.retention.as_deref();
    document
        .map(|text| serde_json::from_str(text).map_err(|_| corrupt("tenants", "retention")))
        .transpose()
}

/// The budget in a tenant's row, when it has one.
pub(crate) fn budget(row: &tenant::Model) -> Result<Option<Budget>, DbErr> {
    let Some(limit) = row.budget_limit_nanos else {
        return Ok(None);
    };
    let money = |nanos, column| usd(nanos, "tenants", column);
    let kind = match row.budget_period_kind.as_str() {
        "fixed" => PeriodKind::Fixed,
        _ => PeriodKind::CalendarMonth,
    };
    Ok(Some(Budget {
        tenant: tenant_id(&row.tenant_id, "tenants")?,
        limit: money(limit, "budget_limit_nanos")?,
        spent: money(row.budget_spent_nanos, "budget_spent_nanos")?,
        held: money(row.held_nanos, "held_nanos")?,
        settled_runs: row.budget_runs,
        period: Period {
            start: time(row.budget_period_start),
            end: time(row.budget_period_end),
            kind,
        },
        time_zone: row
            .budget_time_zone
            .parse()
            .map_err(|_| corrupt("tenants", "budget_time_zone"))?,
        hard_limit: row.budget_hard_limit,
        alert_threshold: AlertThreshold::from_basis_points(row.budget_alert_basis_points)
            .map_err(|_| corrupt("tenants", "budget_alert_basis_points"))?,
        created_at: time(row.budget_created_at),
        updated_at: time(row.budget_updated_at),
    }))
}

/// Writes the period and what was spent in it back to the tenant's row.
pub(crate) fn store_spending(row: &mut tenant::Model, budget: &Budget) {
    row.budget_spent_nanos = budget.spent.nanos();
    row.budget_runs = budget.settled_runs;
    row.budget_period_start = budget.period.start.timestamp_micros();
    row.budget_period_end = budget.period.end.timestamp_micros();
    row.budget_updated_at = budget.updated_at.timestamp_micros();
}

/// Writes the whole budget to the tenant's row.
pub(crate) fn store_budget(row: &mut tenant::Model, budget: &Budget) {
    store_spending(row, budget);
    row.budget_limit_nanos = Some(budget.limit.nanos());
    budget
        .period
        .kind
        .name()
        .clone_into(&mut row.budget_period_kind);
    budget
        .time_zone
        .name()
        .clone_into(&mut row.budget_time_zone);
    row.budget_hard_limit = budget.hard_limit;
    row.budget_alert_basis_points = budget.alert_threshold.basis_points();
    row.budget_created_at = budget.created_at.timestamp_micros();
}

pub(crate) fn audit_row(logged: LoggedEntry) -> audit_entry::Model {
    let LoggedEntry {
        entry,
        seq,
        prev_hash,
        leaf_hash,
    } = logged;
    audit_entry::Model {
        tenant_id: entry.tenant.as_str().to_owned(),
        seq,
        entry_id: entry.id.as_uuid(),
        event_type: entry.event.name().to_owned(),
        actor: entry.actor,
        workspace_id: entry.workspace.map(|w| w.as_str().to_owned()),
        trace_id: entry.trace.map(|t| t.as_uuid()),
        user_id: entry.user.map(|u| u.as_str().to_owned()),
        target: entry.target,
        detail: entry.detail.into_string(),
        occurred_at: entry.occurred_at.timestamp_micros(),
        prev_hash: prev_hash.map(|h: LeafHash| h.as_bytes().to_vec()),
        leaf_hash: leaf_hash.as_bytes().to_vec(),
    }
}

/// An entry as it is stored. Nothing is repaired on the way: verification must see what is there.
///
/// # Errors
/// When a column has another type than it should.
pub fn logged_entry(row: audit_entry::Model) -> Result<LoggedEntry, DbErr> {
    const TABLE: &str = "audit_entries";
    let hash = |bytes: &[u8], column| digest(bytes, TABLE, column);
    Ok(LoggedEntry {
        seq: row.seq,
        prev_hash: row
            .prev_hash
            .as_deref()
            .map(|h| hash(h, "prev_hash"))
            .transpose()?,
        leaf_hash: hash(&row.leaf_hash, "leaf_hash")?,
        entry: AuditEntry {
            id: AuditEntryId::from_uuid(row.entry_id),
            tenant: tenant_id(&row.tenant_id, TABLE)?,
            workspace: optional(row.workspace_id, WorkspaceId::new, TABLE, "workspace_id")?,
            trace: row.trace_id.map(TraceId::from_uuid),
            user: optional(row.user_id, UserId::new, TABLE, "user_id")?,
            actor: row.actor,
            event: row
                .event_type
                .parse::<AuditEvent>()
                .map_err(|()| corrupt(TABLE, "event_type"))?,
            target: row.target,
            detail: CanonicalJson::from_stored(row.detail),
            occurred_at: time(row.occurred_at),
        },
    })
}

fn optional<T, E>(
    text: Option<String>,
    parse: impl Fn(&str) -> Result<T, E>,
    table: &'static str,
    column: &'static str,
) -> Result<Option<T>, DbErr> {
    text.map(|text| parse(&text).map_err(|_| corrupt(table, column)))
        .transpose()
}

pub(crate) fn decision_row(
    tenant: &TenantId,
    decision: &Decision,
    grant: Option<&Grant>,
    audit_seq: i64,
) -> Result<decision::Model, serde_json::Error> {
    Ok(decision::Model {
        decision_id: decision.id.as_uuid(),
        tenant_id: tenant.as_str().to_owned(),
        execution_id: decision.execution.as_uuid(),
        action: decision.intent.action.name().to_owned(),
        intent_hash: decision.intent.hash.as_bytes().to_vec(),
        effect: decision.effect.name().to_owned(),
        reason: decision.reason.code().to_owned(),
        matched_policies: serde_json::to_string(&decision.matched_policies)?,
        policy_bundle_hash: decision.policy_bundle_hash.as_bytes().to_vec(),
        inputs: decision.inputs.as_str().to_owned(),
        grant_id: grant.map(|g| g.id.as_uuid()),
        grant_limits: grant
            .map(|g| serde_json::to_string(&g.limits))
            .transpose()?,
        decided_at: decision.decided_at.timestamp_micros(),
        audit_seq,
    })
}

/// A trace as it is stored.
///
/// # Errors
/// When a member has no JSON form; never for values that came from JSON.
pub fn trace_row(trace: &Trace) -> Result<trace::Model, serde_json::Error> {
    Ok(trace::Model {
        tenant_id: trace.tenant.as_str().to_owned(),
        trace_id: trace.id.as_uuid(),
        workspace_id: trace.workspace.as_str().to_owned(),
        agent_role: trace.agent_role.clone(),
        status: trace.status.name().to_owned(),
        started_at: trace.started_at.timestamp_micros(),
        cost_nanos: trace.usage.total_cost_usd.nanos(),
        document: serde_json::to_string(trace)?,
        duration_ms: count(trace.duration_ms),
        input_tokens: count(trace.usage.input_tokens),
        output_tokens: count(trace.usage.output_tokens),
        failed: trace.error.is_some(),
        source: trace.source.name().to_owned(),
    })
}

pub(crate) fn outbox_row(
    message: &OutboxMessage,
) -> Result<outbox_message::Model, serde_json::Error> {
    Ok(outbox_message::Model {
        message_id: message.id.as_uuid(),
        tenant_id: message.tenant.as_str().to_owned(),
        trace_id: message.trace.as_uuid(),
        kind: message.kind.clone(),
        idempotency_key: message.idempotency_key.clone(),
        agent: serde_json::to_string(&message.agent)?,
        payload: message.payload.clone(),
        created_at: message.created_at.timestamp_micros(),
        next_attempt_at: message.next_attempt_at.timestamp_micros(),
        attempts: i64::from(message.attempts),
        given_up: false,
    })
}
