//! Between rows and executions, adapters and budgets within a tenant's.

use clasper_core::{
    AdapterId, CanonicalJson, DecisionId, ExecutionId, ExecutionKey, GrantId, TraceId, WorkspaceId,
};
use clasper_delegated::adapter::{Adapter, CertificationTier};
use clasper_delegated::execution::{Execution, ExecutionStatus, IssuedToken};
use clasper_entity::{adapter, budget_scope, execution};
use clasper_governance::risk::{AdapterRiskClass, RiskLevel};
use clasper_governance::{
    AlertThreshold, Budget, BudgetScope, Grant, GrantState, LiveGrant, Period, PeriodKind,
    ScopedBudget,
};
use sea_orm::DbErr;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::row::{self, corrupt, unspeakable};

const EXECUTIONS: &str = "executions";
const ADAPTERS: &str = "adapters";
const SCOPES: &str = "budget_scopes";

fn json<T: Serialize>(value: &T) -> Result<String, DbErr> {
    serde_json::to_string(value).map_err(unspeakable)
}

fn parsed<T: DeserializeOwned>(
    text: &str,
    table: &'static str,
    column: &'static str,
) -> Result<T, DbErr> {
    serde_json::from_str(text).map_err(|_| corrupt(table, column))
}

/// A name of a closed set, written as JSON writes it.
fn named<T: DeserializeOwned>(
    name: &str,
    table: &'static str,
    column: &'static str,
) -> Result<T, DbErr> {
    serde_json::from_value(name.into()).map_err(|_| corrupt(table, column))
}

pub(crate) fn execution_row(
    execution: &Execution,
    audit_seq: i64,
) -> Result<execution::Model, DbErr> {
    let live = execution.grant.as_ref();
    let consumed_at = live.and_then(|live| match live.state() {
        GrantState::Consumed { at } => Some(at.timestamp_micros()),
        _ => None,
    });
    let grant = live.map(LiveGrant::grant);
    let token = execution.token.as_ref();
    Ok(execution::Model {
        tenant_id: execution.tenant.as_str().to_owned(),
        decision_id: execution.decision.as_uuid(),
        adapter_id: execution.adapter.as_str().to_owned(),
        execution_key: execution.key.as_str().to_owned(),
        execution_id: execution.execution.as_uuid(),
        trace_id: execution.trace.as_uuid(),
        workspace_id: execution.workspace.as_str().to_owned(),
        environment: execution.environment.clone(),
        agent_id: execution.agent.clone(),
        tool: execution.tool.clone(),
        status: execution.status.name().to_owned(),
        reason: execution.reason.clone(),
        intent_hash: execution.intent_hash.as_bytes().to_vec(),
        risk_score: i32::from(execution.risk_score),
        risk_level: execution.risk_level.name().to_owned(),
        request: execution.record.as_str().to_owned(),
        sealed_request: execution.sealed_ask.clone(),
        approval: execution.approval.as_ref().map(json).transpose()?,
        grant_id: grant.map(|grant| grant.id.as_uuid()),
        grant_state: live.map(|live| json(live.state())).transpose()?,
        grant_limits: grant.map(|grant| json(&grant.limits)).transpose()?,
        grant_expires_at: grant.map(|grant| grant.expires_at.timestamp_micros()),
        consumed_at,
        decision_token_hash: token.map(|token| token.hash.as_bytes().to_vec()),
        decision_token_issued_at: token.map(|token| token.issued_at.timestamp_micros()),
        decision_token_expires_at: token.map(|token| token.expires_at.timestamp_micros()),
        hold_nanos: execution.hold.nanos(),
        hold_scopes: json(&execution.hold_scopes)?,
        callback: execution.callback.clone(),
        due_at: execution.due_at.map(|due| due.timestamp_micros()),
        revision: execution.revision,
        requested_at: execution.requested_at.timestamp_micros(),
        updated_at: execution.updated_at.timestamp_micros(),
        audit_seq,
    })
}

pub(crate) fn execution(row: execution::Model) -> Result<Execution, DbErr> {
    let bad = |column| corrupt(EXECUTIONS, column);
    let intent_hash = row::digest(&row.intent_hash, EXECUTIONS, "intent_hash")?;
    let grant = grant(&row, intent_hash)?;
    let token = token(&row)?;
    let approval = row.approval.as_deref();
    Ok(Execution {
        tenant: row::tenant_id(&row.tenant_id, EXECUTIONS)?,
        decision: DecisionId::from_uuid(row.decision_id),
        adapter: AdapterId::new(&row.adapter_id).map_err(|_| bad("adapter_id"))?,
        key: ExecutionKey::new(&row.execution_key).map_err(|_| bad("execution_key"))?,
        execution: ExecutionId::from_uuid(row.execution_id),
        trace: TraceId::from_uuid(row.trace_id),
        workspace: WorkspaceId::new(&row.workspace_id).map_err(|_| bad("workspace_id"))?,
        environment: row.environment,
        agent: row.agent_id,
        tool: row.tool,
        status: ExecutionStatus::of(&row.status).ok_or_else(|| bad("status"))?,
        reason: row.reason,
        intent_hash,
        risk_score: u8::try_from(row.risk_score).map_err(|_| bad("risk_score"))?,
        risk_level: named::<RiskLevel>(&row.risk_level, EXECUTIONS, "risk_level")?,
        record: CanonicalJson::from_stored(row.request),
        sealed_ask: row.sealed_request,
        approval: approval
            .map(|text| parsed(text, EXECUTIONS, "approval"))
            .transpose()?,
        grant,
        token,
        hold: row::usd(row.hold_nanos, EXECUTIONS, "hold_nanos")?,
        hold_scopes: parsed(&row.hold_scopes, EXECUTIONS, "hold_scopes")?,
        callback: row.callback,
        due_at: row.due_at.map(row::time),
        revision: row.revision,
        requested_at: row::time(row.requested_at),
        updated_at: row::time(row.updated_at),
    })
}

fn token(row: &execution::Model) -> Result<Option<IssuedToken>, DbErr> {
    let (Some(hash), Some(issued_at), Some(expires_at)) = (
        row.decision_token_hash.as_deref(),
        row.decision_token_issued_at,
        row.decision_token_expires_at,
    ) else {
        return Ok(None);
    };
    Ok(Some(IssuedToken {
        hash: row::digest(hash, EXECUTIONS, "decision_token_hash")?,
        issued_at: row::time(issued_at),
        expires_at: row::time(expires_at),
    }))
}

fn grant(
    row: &execution::Model,
    intent_hash: clasper_core::Sha256Digest,
) -> Result<Option<LiveGrant>, DbErr> {
    let Some(id) = row.grant_id else {
        return Ok(None);
    };
    let missing = |column| corrupt(EXECUTIONS, column);
    let limits = row.grant_limits.as_deref();
    let state = row.grant_state.as_deref();
    let expires_at = row.grant_expires_at;
    let grant = Grant {
        id: GrantId::from_uuid(id),
        decision: DecisionId::from_uuid(row.decision_id),
        intent_hash,
        limits: parsed(
            limits.ok_or_else(|| missing("grant_limits"))?,
            EXECUTIONS,
            "grant_limits",
        )?,
        expires_at: row::time(expires_at.ok_or_else(|| missing("grant_expires_at"))?),
    };
    let state = state.ok_or_else(|| missing("grant_state"))?;
    let state = parsed(state, EXECUTIONS, "grant_state")?;
    Ok(Some(LiveGrant::from_stored(grant, state)))
}

pub(crate) fn adapter_row(adapter: &Adapter, audit_seq: i64) -> Result<adapter::Model, DbErr> {
    Ok(adapter::Model {
        tenant_id: adapter.tenant.as_str().to_owned(),
        adapter_id: adapter.id.as_str().to_owned(),
        display_name: adapter.display_name.clone(),
        version: adapter.version.clone(),
        risk_class: adapter.risk_class.name().to_owned(),
        capabilities: json(&adapter.capabilities)?,
        tool_capabilities: json(&adapter.tool_capabilities)?,
        enabled: adapter.enabled,
        certification_tier: adapter.certification.name().to_owned(),
        created_at: adapter.created_at.timestamp_micros(),
        updated_at: adapter.updated_at.timestamp_micros(),
        audit_seq,
    })
}

pub(crate) fn adapter(row: adapter::Model) -> Result<Adapter, DbErr> {
    let tier = &row.certification_tier;
    Ok(Adapter {
        tenant: row::tenant_id(&row.tenant_id, ADAPTERS)?,
        id: AdapterId::new(&row.adapter_id).map_err(|_| corrupt(ADAPTERS, "adapter_id"))?,
        display_name: row.display_name,
        version: row.version,
        risk_class: named::<AdapterRiskClass>(&row.risk_class, ADAPTERS, "risk_class")?,
        capabilities: parsed(&row.capabilities, ADAPTERS, "capabilities")?,
        tool_capabilities: parsed(&row.tool_capabilities, ADAPTERS, "tool_capabilities")?,
        enabled: row.enabled,
        certification: named::<CertificationTier>(tier, ADAPTERS, "certification_tier")?,
        created_at: row::time(row.created_at),
        updated_at: row::time(row.updated_at),
    })
}

pub(crate) fn scoped_budget(row: &budget_scope::Model) -> Result<ScopedBudget, DbErr> {
    let bad = |column| corrupt(SCOPES, column);
    let money = |nanos, column| row::usd(nanos, SCOPES, column);
    let scope: BudgetScope = row.scope.parse().map_err(|_| bad("scope"))?;
    let kind = match row.period_kind.as_str() {
        "fixed" => PeriodKind::Fixed,
        _ => PeriodKind::CalendarMonth,
    };
    let budget = Budget {
        tenant: row::tenant_id(&row.tenant_id, SCOPES)?,
        limit: money(row.limit_nanos, "limit_nanos")?,
        spent: money(row.spent_nanos, "spent_nanos")?,
        held: money(row.held_nanos, "held_nanos")?,
        settled_runs: row.runs,
        period: Period {
            start: row::time(row.period_start),
            end: row::time(row.period_end),
            kind,
        },
        time_zone: row.time_zone.parse().map_err(|_| bad("time_zone"))?,
        hard_limit: row.hard_limit,
        alert_threshold: AlertThreshold::from_basis_points(row.alert_basis_points)
            .map_err(|_| bad("alert_basis_points"))?,
        created_at: row::time(row.created_at),
        updated_at: row::time(row.updated_at),
    };
    Ok(ScopedBudget { scope, budget })
}

pub(crate) fn budget_scope_row(scoped: &ScopedBudget) -> budget_scope::Model {
    let budget = &scoped.budget;
    budget_scope::Model {
        tenant_id: budget.tenant.as_str().to_owned(),
        scope: scoped.scope.to_string(),
        limit_nanos: budget.limit.nanos(),
        spent_nanos: budget.spent.nanos(),
        held_nanos: budget.held.nanos(),
        runs: budget.settled_runs,
        period_start: budget.period.start.timestamp_micros(),
        period_end: budget.period.end.timestamp_micros(),
        period_kind: budget.period.kind.name().to_owned(),
        time_zone: budget.time_zone.name().to_owned(),
        hard_limit: budget.hard_limit,
        alert_basis_points: budget.alert_threshold.basis_points(),
        created_at: budget.created_at.timestamp_micros(),
        updated_at: budget.updated_at.timestamp_micros(),
    }
}
