//! Reports of adapters: each with its mark, its effect and its audit entry, or not at all.

use async_trait::async_trait;
use clasper_core::Usd;
use clasper_db::WriteTransaction;
use clasper_delegated::execution::Execution;
use clasper_entity::{ledger_entry, outcome, reported_violation};
use clasper_governance::BudgetScope;
use clasper_governance::GrantState;
use clasper_governance::forecast::{HistorySubject, Observation};
use clasper_reports::{
    Body, CostReport, Recorded, Report, ReportBatch, Settled, Standing, StandingState,
};
use sea_orm::DbErr;

use crate::execution_row;
use crate::row;
use crate::write::alert::Cause;
use crate::write::batch::{Batch, unknown_tenant};
use crate::write::{Needs, WriteOp, nested};

pub(crate) struct RecordReports(pub(crate) ReportBatch);

#[async_trait]
impl WriteOp for RecordReports {
    type Answer = Vec<Recorded>;

    fn needs(&self, needs: &mut Needs) {
        let sent = &self.0;
        needs.tenant(sent.scope.tenant());
        if sent.reports.iter().any(|r| matches!(r.body, Body::Cost(_))) {
            let subject = HistorySubject::Adapter(sent.adapter.clone());
            needs.history(sent.scope.tenant(), &subject);
        }
    }

    async fn apply(
        &self,
        batch: &mut Batch,
        transaction: &WriteTransaction,
    ) -> Result<Vec<Recorded>, DbErr> {
        let sent = &self.0;
        let forgets = batch.retention(sent.scope.tenant())?.is_some();
        batch.reported.load(transaction, sent, forgets).await?;
        let executions = sent.reports.iter().filter(|r| concerns_execution(r));
        let keys = executions.map(|report| &report.execution);
        let tenant = sent.scope.tenant();
        batch
            .load_executions(transaction, tenant, &sent.adapter, keys)
            .await?;
        for note in &sent.notes {
            batch.append(note.clone())?;
        }
        let mut answers = Vec::with_capacity(sent.reports.len());
        for report in &sent.reports {
            answers.push(self.record(batch, transaction, report).await?);
        }
        Ok(answers)
    }
}

/// What merely happened is not compared with what was granted.
const fn concerns_execution(report: &Report) -> bool {
    !matches!(report.body, Body::Audit(_))
}

impl RecordReports {
    async fn record(
        &self,
        batch: &mut Batch,
        transaction: &WriteTransaction,
        report: &Report,
    ) -> Result<Recorded, DbErr> {
        let sent = &self.0;
        if let Some(known) = batch.reported.known(sent, report) {
            return Ok(if known == report.content.as_bytes() {
                Recorded::Duplicate
            } else {
                Recorded::EventReused
            });
        }
        let known = concerns_execution(report)
            .then(|| batch.execution_by_key(sent.scope.tenant(), &sent.adapter, &report.execution))
            .flatten();
        let execution = known.cloned().map(execution_row::execution).transpose()?;
        if execution
            .as_ref()
            .is_some_and(|e| e.workspace != sent.workspace)
        {
            return Ok(Recorded::OtherWorkspace);
        }
        let standing = execution.as_ref().map(standing);
        let before = batch.reported.cost(sent, &report.execution);
        let before = row::usd(before, "reported_costs", "cost_nanos")?;
        let found = report.judge(standing.as_ref(), before, sent.now);
        let seq = match &report.body {
            Body::Trace(_) => {
                if !batch.reported.take_trace(sent, report) {
                    return Ok(Recorded::TraceExists);
                }
                let trace = report.stored_trace(sent, standing.as_ref(), &found);
                let trace = trace.ok_or_else(|| row::unspeakable("a trace without a trace"))?;
                let kept = batch.add_trace(&trace)?;
                let entry = report.trace_entry(sent, standing.as_ref(), &trace, kept.hash);
                batch.append(kept.explain(entry.map_err(row::unspeakable)?)?)?
            }
            Body::Cost(cost) => {
                let charged = self
                    .charge(
                        batch,
                        transaction,
                        report,
                        cost,
                        execution,
                        standing.as_ref(),
                    )
                    .await?;
                match charged {
                    Some(seq) => seq,
                    None => return Ok(Recorded::TooMuch),
                }
            }
            Body::Audit(_) | Body::Metrics(_) | Body::Violation(_) => {
                let entry = report.plain_entry(sent, standing.as_ref());
                let entry = entry.map_err(row::unspeakable)?;
                let entry = entry.ok_or_else(|| row::unspeakable("a report without words"))?;
                batch.append(entry)?
            }
        };
        batch.reported.remember(sent, report, seq);
        if let Body::Violation(violation) = &report.body {
            self.keep(
                batch,
                report,
                seq,
                &violation.violation_type,
                &violation.message,
            );
        }
        for (place, found) in found.iter().enumerate() {
            let entry = report.violation_entry(sent, standing.as_ref(), found, place);
            let seq = batch.append(entry.map_err(row::unspeakable)?)?;
            // A trace holds what was found in it itself.
            if !matches!(report.body, Body::Trace(_)) {
                self.keep(batch, report, seq, found.kind, &found.message);
            }
        }
        Ok(Recorded::Stored(found))
    }

    fn keep(&self, batch: &mut Batch, report: &Report, seq: i64, kind: &str, message: &str) {
        batch.reported.violations.push(reported_violation::Model {
            tenant_id: self.0.scope.tenant().as_str().to_owned(),
            audit_seq: seq,
            trace_id: report.trace.as_uuid(),
            adapter_id: self.0.adapter.as_str().to_owned(),
            kind: kind.to_owned(),
            message: message.to_owned(),
            occurred_at: self.0.now.timestamp_micros(),
        });
    }

    /// Charges a cost to the tenant's budget and those within it, and ends the hold of its execution. `None` when the sum would
    /// be more than can be booked; nothing has changed then.
    async fn charge(
        &self,
        batch: &mut Batch,
        transaction: &WriteTransaction,
        report: &Report,
        cost: &CostReport,
        execution: Option<Execution>,
        standing: Option<&Standing>,
    ) -> Result<Option<i64>, DbErr> {
        let sent = &self.0;
        let tenant = sent.scope.tenant();
        let open = standing.filter(|standing| standing.is_open);
        let hold = open.map_or(Usd::ZERO, |standing| standing.hold);
        let scopes = standing.map_or_else(
            || vec![BudgetScope::Workspace(sent.workspace.clone())],
            |standing| standing.hold_scopes.clone(),
        );
        let names = scopes.iter().map(ToString::to_string).collect();
        batch.load_scopes(transaction, tenant, names).await?;
        let account = batch.tenant(tenant).ok_or_else(|| unknown_tenant(tenant))?;
        let total = account.spent_nanos.checked_add(cost.cost.nanos());
        let mut budgets = nested::budgets(batch, tenant, &scopes)?;
        let ended = budgets.roll_over(sent.now);
        let (Some(total), Ok(done)) = (total, budgets.settle(hold, cost.cost)) else {
            return Ok(None);
        };
        let settled = Settled {
            execution: report.execution_id(sent, standing),
            hold,
            budget_scopes: budgets.parts().map(|part| part.scope.clone()).collect(),
            closes: open.is_some_and(|standing| standing.closes),
        };
        let entry = report.cost_entry(sent, standing, &settled);
        let entry = entry.map_err(row::unspeakable)?;
        let entry = entry.ok_or_else(|| row::unspeakable("a cost without words"))?;
        let ids = (report.entry.derived("rolled_over"), report.entry);
        nested::roll_over(batch, transaction, &budgets, ended, ids, sent.now).await?;
        nested::store_parts(batch, &budgets);
        let account = batch.tenant_mut(tenant)?;
        account.held_nanos = (account.held_nanos - hold.nanos()).max(0);
        account.spent_nanos = total;
        account.runs += i64::from(!cost.cost.is_zero());
        let add = |sum: &mut i64, more| *sum = sum.saturating_add(row::count(more));
        add(&mut account.input_tokens, cost.input_tokens);
        add(&mut account.output_tokens, cost.output_tokens);
        let of_tenant = budgets.of_tenant();
        if let Some(budget) = of_tenant {
            row::store_spending(account, budget);
        }
        let period_start = of_tenant.map(|budget| budget.period.start.timestamp_micros());
        let seq = batch.append(entry)?;
        batch.ledger.push(ledger_entry::Model {
            tenant_id: tenant.as_str().to_owned(),
            audit_seq: seq,
            execution_id: settled.execution.as_uuid(),
            kind: "settle".to_owned(),
            held_delta_nanos: -hold.nanos(),
            spent_delta_nanos: cost.cost.nanos(),
            period_start,
            occurred_at: sent.now.timestamp_micros(),
        });
        if let (Some(execution), Some(_)) = (execution, open) {
            if settled.closes {
                self.close(batch, &execution, cost.cost, seq);
            }
            batch.put_execution(&execution.settled(sent.now))?;
        }
        let cause = Cause {
            tenant,
            trace: report.trace,
            actor: &sent.actor,
            ids: (
                report.entry.derived("threshold"),
                report.entry.derived("limit"),
            ),
            now: sent.now,
        };
        cause.alert(batch, &budgets, &done.alerts)?;
        self.learn(batch, report, cost);
        Ok(Some(seq))
    }

    fn close(&self, batch: &mut Batch, execution: &Execution, cost: Usd, seq: i64) {
        batch.outcomes.push(outcome::Model {
            decision_id: execution.decision.as_uuid(),
            tenant_id: execution.tenant.as_str().to_owned(),
            result: "settled".to_owned(),
            reason: None,
            cost_nanos: cost.nanos(),
            occurred_at: self.0.now.timestamp_micros(),
            audit_seq: seq,
        });
    }

    /// What it cost teaches what the adapter's next execution will cost.
    fn learn(&self, batch: &mut Batch, report: &Report, cost: &CostReport) {
        let sent = &self.0;
        batch
            .reported
            .add_cost(sent, &report.execution, cost.cost.nanos());
        if cost.cost.is_zero() && cost.output_tokens == 0 {
            return;
        }
        let subject = HistorySubject::Adapter(sent.adapter.clone());
        let seen = Observation {
            output_tokens: cost.output_tokens,
            cost: cost.cost,
            cut_short: false,
        };
        let tenant = sent.scope.tenant();
        batch.histories.record(tenant, &subject, seen, sent.now);
    }
}

/// An execution as a report finds it.
fn standing(execution: &Execution) -> Standing {
    let granted = execution
        .grant
        .as_ref()
        .filter(|grant| matches!(grant.state(), GrantState::Consumed { .. }));
    let state = granted.map_or_else(
        || StandingState::Withheld(execution.status.name()),
        |live| StandingState::Granted(live.grant().clone()),
    );
    Standing {
        decision: execution.decision,
        execution: execution.execution,
        workspace: execution.workspace.clone(),
        tool: execution.tool.clone(),
        state,
        hold: execution.hold,
        hold_scopes: execution.hold_scopes.clone(),
        is_open: execution.is_open(),
        closes: execution.end_closes(),
    }
}
