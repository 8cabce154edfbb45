//! Ends a run: charge, release, trace, messages and audit entry, in one commit.

use std::borrow::Cow;

use async_trait::async_trait;
use clasper_core::Usd;
use clasper_db::WriteTransaction;
use clasper_entity::{idempotency_key, ledger_entry, open_run, outcome, redaction_value};
use clasper_governance::{Budget, NestedBudgets, ScopeAlert};
use clasper_runtime::run::{Charge, RunEnd, Settled, Settlement};
use clasper_tracing::Trace;
use sea_orm::DbErr;

use crate::row;
use crate::write::alert::Cause;
use crate::write::batch::{Batch, unknown_tenant};
use crate::write::{Needs, WriteOp, nested};

pub(crate) struct SettleRun(pub(crate) Settlement);

#[async_trait]
impl WriteOp for SettleRun {
    type Answer = Settled;

    fn needs(&self, needs: &mut Needs) {
        needs.tenant(self.0.scope.tenant());
        needs.open_run(self.0.execution);
        for (subject, _) in self.0.lessons() {
            needs.history(self.0.scope.tenant(), &subject);
        }
    }

    async fn apply(
        &self,
        batch: &mut Batch,
        transaction: &WriteTransaction,
    ) -> Result<Settled, DbErr> {
        let settlement = &self.0;
        let tenant = settlement.scope.tenant();
        let open = batch.open_runs.get(&settlement.execution.as_uuid());
        let Some(run) = open.filter(|run| run.tenant_id == tenant.as_str()).cloned() else {
            return Ok(Settled::AlreadyClosed);
        };
        let hold = row::usd(run.hold_nanos, "open_runs", "hold_nanos")?;
        let account = batch.tenant(tenant).ok_or_else(|| unknown_tenant(tenant))?;
        let scopes = nested::scopes(&run.hold_scopes, "open_runs")?;
        let mut budgets = nested::budgets(batch, tenant, &scopes)?;
        let ended = budgets.roll_over(settlement.now);
        let charged = match settlement.charge {
            Charge::Actual(amount) => amount,
            Charge::Estimated => estimate(account, hold)?,
        };
        let kept = batch.add_trace(&self.trace(charged))?;
        let settled = budgets.settle(hold, charged).map_err(row::unspeakable)?;
        let parts: Vec<_> = budgets.parts().map(|part| part.scope.clone()).collect();
        let entry = settlement
            .audit_entry(charged, hold, &parts, kept.hash)
            .map_err(row::unspeakable)?;
        let ids = (settlement.alert_entries[0], settlement.entry);
        nested::roll_over(batch, transaction, &budgets, ended, ids, settlement.now).await?;
        nested::store_parts(batch, &budgets);
        let budget = budgets.of_tenant();
        self.charge(batch, &run, hold, charged, budget)?;
        let seq = batch.append(kept.explain(entry)?)?;
        let values = settlement.kept_values.as_ref();
        if let Some(sealed) = values.filter(|_| kept.is_whole) {
            // Few tenants use tokens, so this writes its own row in the group's transaction.
            let row = redaction_value::Model {
                tenant_id: tenant.as_str().to_owned(),
                trace_id: settlement.trace.id.as_uuid(),
                sealed: sealed.clone(),
                created_at: settlement.now.timestamp_micros(),
            };
            transaction.upsert([row]).await?;
        }
        self.record(batch, &run, hold, charged, budget, seq)?;
        self.alert(batch, &budgets, &settled.alerts)?;
        for (subject, seen) in settlement.lessons() {
            let now = settlement.now;
            batch.histories.record(tenant, &subject, seen, now);
        }
        Ok(Settled::Charged(charged))
    }
}

/// What a run of unknown usage is charged: the mean of the tenant's runs, at most its hold.
fn estimate(account: &clasper_entity::tenant::Model, hold: Usd) -> Result<Usd, DbErr> {
    if account.runs == 0 {
        return Ok(hold);
    }
    let spent = account.spent_nanos;
    let mean = spent / account.runs + i64::from(spent % account.runs != 0);
    Ok(row::usd(mean, "tenants", "spent_nanos")?.min(hold))
}

impl SettleRun {
    /// The trace as it is stored. Recovery learns here what the run is charged.
    fn trace(&self, charged: Usd) -> Cow<'_, Trace> {
        let known = &self.0.trace;
        if known.usage.total_cost_usd == charged {
            return Cow::Borrowed(known);
        }
        let mut trace = Trace::clone(known);
        trace.usage.total_cost_usd = charged;
        trace.used_scope.actual_cost_usd = charged;
        Cow::Owned(trace)
    }

    fn charge(
        &self,
        batch: &mut Batch,
        run: &open_run::Model,
        hold: Usd,
        charged: Usd,
        budget: Option<&Budget>,
    ) -> Result<(), DbErr> {
        let settlement = &self.0;
        let account = batch.tenant_mut(settlement.scope.tenant())?;
        account.held_nanos = (account.held_nanos - hold.nanos()).max(0);
        account.spent_nanos = row::sum(account.spent_nanos, charged)?;
        account.runs += i64::from(!charged.is_zero());
        account.input_tokens = account
            .input_tokens
            .saturating_add(row::count(settlement.usage.input_tokens));
        account.output_tokens = account
            .output_tokens
            .saturating_add(row::count(settlement.usage.output_tokens));
        if let Some(budget) = budget {
            row::store_spending(account, budget);
        }
        batch.close_run(settlement.execution);
        self.answer_key(batch, run);
        Ok(())
    }

    /// Keeps the answer for the client's idempotency key; without one the key may be used again.
    fn answer_key(&self, batch: &mut Batch, run: &open_run::Model) {
        let Some(key) = &run.idempotency_key else {
            return;
        };
        match (&self.0.answer, &run.request_hash) {
            (Some(answer), Some(request_hash)) => batch.put_key(idempotency_key::Model {
                tenant_id: run.tenant_id.clone(),
                key: key.clone(),
                request_hash: request_hash.clone(),
                execution_id: run.execution_id,
                answer: Some(answer.clone()),
                created_at: self.0.now.timestamp_micros(),
            }),
            _ => batch.free_key((run.tenant_id.clone(), key.clone())),
        }
    }

    fn record(
        &self,
        batch: &mut Batch,
        run: &open_run::Model,
        hold: Usd,
        charged: Usd,
        budget: Option<&Budget>,
        seq: i64,
    ) -> Result<(), DbErr> {
        let settlement = &self.0;
        let now = settlement.now.timestamp_micros();
        batch.ledger.push(ledger_entry::Model {
            tenant_id: run.tenant_id.clone(),
            audit_seq: seq,
            execution_id: run.execution_id,
            kind: "settle".to_owned(),
            held_delta_nanos: -hold.nanos(),
            spent_delta_nanos: charged.nanos(),
            period_start: budget.map(|b| b.period.start.timestamp_micros()),
            occurred_at: now,
        });
        batch.outcomes.push(outcome::Model {
            decision_id: run.decision_id,
            tenant_id: run.tenant_id.clone(),
            result: end_name(settlement.end).to_owned(),
            reason: settlement.reason.clone(),
            cost_nanos: charged.nanos(),
            occurred_at: now,
            audit_seq: seq,
        });
        for message in &settlement.deliveries {
            batch
                .outbox
                .push(row::outbox_row(message).map_err(row::unspeakable)?);
        }
        Ok(())
    }

    /// Says which lines the settlement crossed, in the tenant's budget and in those within it.
    fn alert(
        &self,
        batch: &mut Batch,
        budgets: &NestedBudgets,
        alerts: &[ScopeAlert],
    ) -> Result<(), DbErr> {
        let settlement = &self.0;
        let cause = Cause {
            tenant: settlement.scope.tenant(),
            trace: settlement.trace.id,
            actor: &settlement.actor,
            ids: (settlement.alert_entries[1], settlement.alert_entries[2]),
            now: settlement.now,
        };
        cause.alert(batch, budgets, alerts)
    }
}

const fn end_name(end: RunEnd) -> &'static str {
    match end {
        RunEnd::Completed => "completed",
        RunEnd::Failed => "failed",
        RunEnd::Cancelled => "cancelled",
        RunEnd::Recovered => "recovered",
    }
}
