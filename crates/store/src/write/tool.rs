//! Tools within executions: decided with their execution as it is, and tokens that are used once.

use std::sync::Arc;

use async_trait::async_trait;
use clasper_core::{DecisionId, TenantId};
use clasper_db::WriteTransaction;
use clasper_delegated::execution::{Closing, Execution};
use clasper_delegated::tool::{
    ToolChange, ToolOpened, ToolOpening, ToolState, ToolStep, ToolStepped, ToolVerdict,
};
use clasper_entity::outcome;
use clasper_entity::tool_authorization::{Column, Entity, Model};
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter};

use crate::write::batch::Batch;
use crate::write::execution::budgets_at;
use crate::write::{Needs, WriteOp};
use crate::{execution_row, row, tool_row};

pub(crate) struct AuthorizeTool(pub(crate) Arc<ToolOpening>);

#[async_trait]
impl WriteOp for AuthorizeTool {
    type Answer = ToolOpened;

    fn needs(&self, needs: &mut Needs) {
        let tenant = self.0.scope.tenant();
        needs.tenant(tenant);
        needs.governance_head(tenant);
        needs.execution(tenant, self.0.execution);
    }

    async fn apply(
        &self,
        batch: &mut Batch,
        transaction: &WriteTransaction,
    ) -> Result<ToolOpened, DbErr> {
        let opening = &self.0;
        let tenant = opening.scope.tenant();
        let Some(known) = batch.execution(tenant, opening.execution) else {
            return Ok(ToolOpened::NotFound);
        };
        let known = execution_row::execution(known.clone())?;
        if batch.governance_revision(tenant) != opening.judgement.governance_revision {
            return Ok(ToolOpened::Stale);
        }
        let scopes = known.hold_scopes.iter().map(ToString::to_string).collect();
        batch.load_scopes(transaction, tenant, scopes).await?;
        let budgets = budgets_at(batch, tenant, &known.hold_scopes, opening.now)?;
        let granted = granted(transaction, tenant, opening.execution).await?;
        let verdict = opening
            .decide(&known, granted, &budgets)
            .map_err(row::unspeakable)?;
        record(batch, transaction, &known, &verdict).await?;
        Ok(ToolOpened::Decided(Box::new(verdict)))
    }
}

/// How many calls of the execution were granted: the tenant's lock is held, so nobody grants another meanwhile.
async fn granted(
    transaction: &WriteTransaction,
    tenant: &TenantId,
    execution: DecisionId,
) -> Result<u32, DbErr> {
    let select = Query::select()
        .expr(Expr::col(Column::AuthorizationId).count())
        .from(Entity)
        .and_where(Expr::col(Column::TenantId).eq(tenant.as_str()))
        .and_where(Expr::col(Column::ExecutionDecisionId).eq(execution.as_uuid()))
        .and_where(Expr::col(Column::State).ne(ToolState::Denied.name()))
        .take();
    let count = transaction.integer(&select).await?.unwrap_or(0);
    Ok(u32::try_from(count).unwrap_or(u32::MAX))
}

async fn record(
    batch: &mut Batch,
    transaction: &WriteTransaction,
    execution: &Execution,
    verdict: &ToolVerdict,
) -> Result<(), DbErr> {
    let tenant = &execution.tenant;
    let seq = batch.append(verdict.entry.clone())?;
    let decision = row::decision_row(tenant, &verdict.decision, verdict.grant.as_ref(), seq);
    batch.decisions.push(decision.map_err(row::unspeakable)?);
    if let Some(closing) = &verdict.closing {
        let at = verdict.decision.decided_at.timestamp_micros();
        close(batch, tenant, verdict.decision.id, closing, (at, seq));
    }
    transaction
        .insert([tool_row::tool_row(&verdict.authorization, seq)])
        .await
}

fn close(
    batch: &mut Batch,
    tenant: &TenantId,
    decision: DecisionId,
    closing: &Closing,
    (at, seq): (i64, i64),
) {
    batch.outcomes.push(outcome::Model {
        decision_id: decision.as_uuid(),
        tenant_id: tenant.as_str().to_owned(),
        result: closing.result.to_owned(),
        reason: Some(closing.reason.clone()),
        cost_nanos: 0,
        occurred_at: at,
        audit_seq: seq,
    });
}

pub(crate) struct StepTool(pub(crate) Arc<ToolStep>);

#[async_trait]
impl WriteOp for StepTool {
    type Answer = ToolStepped;

    fn needs(&self, needs: &mut Needs) {
        needs.tenant(self.0.scope.tenant());
    }

    async fn apply(
        &self,
        batch: &mut Batch,
        transaction: &WriteTransaction,
    ) -> Result<ToolStepped, DbErr> {
        let step = &self.0;
        let tenant = step.scope.tenant();
        let select = Entity::find()
            .filter(Column::TenantId.eq(tenant.as_str()))
            .filter(Column::AuthorizationId.eq(step.authorization.as_uuid()));
        let Some(known) = transaction.one(select).await? else {
            return Ok(ToolStepped::NotFound);
        };
        let seq_of_decision = known.audit_seq;
        let state = known.state.clone();
        let authorization = tool_row::tool_authorization(known)?;
        let execution = batch
            .execution_within(transaction, tenant, authorization.execution)
            .await?;
        let Some(execution) = execution else {
            return Ok(ToolStepped::NotFound);
        };
        let applied = step.apply(&authorization, &execution);
        let change = match applied.map_err(row::unspeakable)? {
            Ok(change) => change,
            Err(refusal) => return Ok(ToolStepped::Refused(refusal)),
        };
        let ToolChange {
            authorization,
            entry,
            closing,
        } = change;
        let seq = batch.append(entry)?;
        if let Some(closing) = &closing {
            let at = step.now.timestamp_micros();
            close(batch, tenant, authorization.decision, closing, (at, seq));
        }
        put(
            transaction,
            tool_row::tool_row(&authorization, seq_of_decision),
            &state,
        )
        .await?;
        Ok(ToolStepped::Taken(Box::new(authorization)))
    }
}

/// Writes the row in the place of the one that was read in this transaction, if that is still as it was.
async fn put(transaction: &WriteTransaction, row: Model, was: &str) -> Result<(), DbErr> {
    let update = Entity::update_many()
        .col_expr(Column::State, Expr::value(row.state))
        .col_expr(Column::UsedAt, Expr::value(row.used_at))
        .col_expr(Column::ReportedAt, Expr::value(row.reported_at))
        .filter(Column::TenantId.eq(row.tenant_id))
        .filter(Column::AuthorizationId.eq(row.authorization_id))
        .filter(Column::State.eq(was));
    match transaction.execute(&update).await? {
        1 => Ok(()),
        _ => Err(DbErr::RecordNotUpdated),
    }
}
