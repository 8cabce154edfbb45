//! Compares each movement of money with the audit entry that justifies it, and the sums with the account.

use std::collections::HashMap;

use clasper_core::{AuditEvent, LoggedEntry};
use clasper_entity::{execution, ledger_entry, open_run, tenant};
use sea_orm::{
    ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    Select,
};

use crate::beside::{Places, first};
use crate::detail::{Detail, charges};

/// Movements behind the log's end that are read at a time.
const PAGE: u64 = 1000;

/// Compares the movements of one stretch of the log after the other; memory does not grow with the log.
pub(crate) struct LedgerCheck {
    /// Those of the stretch, by place.
    movements: HashMap<i64, ledger_entry::Model>,
    period_start: i64,
    rows: u64,
    held: i64,
    spent: i64,
    spent_in_period: i64,
    held_by_runs: i64,
}

fn movements(tenant: &str) -> Select<ledger_entry::Entity> {
    ledger_entry::Entity::find().filter(ledger_entry::Column::TenantId.eq(tenant))
}

impl LedgerCheck {
    pub(crate) async fn load(
        snapshot: &DatabaseTransaction,
        account: &tenant::Model,
    ) -> Result<Self, DbErr> {
        let tenant = account.tenant_id.as_str();
        let runs: Vec<i64> = open_run::Entity::find()
            .select_only()
            .column(open_run::Column::HoldNanos)
            .filter(open_run::Column::TenantId.eq(tenant))
            .into_tuple()
            .all(snapshot)
            .await?;
        // What is held has a moment at which it comes back, so only such rows are looked at.
        let executions: Vec<i64> = execution::Entity::find()
            .select_only()
            .column(execution::Column::HoldNanos)
            .filter(execution::Column::TenantId.eq(tenant))
            .filter(execution::Column::HoldNanos.gt(0))
            .into_tuple()
            .all(snapshot)
            .await?;
        let held = runs.into_iter().chain(executions);
        Ok(Self {
            movements: HashMap::new(),
            period_start: account.budget_period_start,
            rows: 0,
            held: 0,
            spent: 0,
            spent_in_period: 0,
            held_by_runs: held.fold(0, i64::saturating_add),
        })
    }

    /// Reads the movements of a stretch of the log.
    pub(crate) async fn read(
        &mut self,
        snapshot: &DatabaseTransaction,
        tenant: &str,
        places: &Places,
    ) -> Result<(), DbErr> {
        let rows = places.rows(movements(tenant), ledger_entry::Column::AuditSeq);
        for row in rows.all(snapshot).await? {
            self.count(&row);
            self.movements.insert(row.audit_seq, row);
        }
        Ok(())
    }

    fn count(&mut self, row: &ledger_entry::Model) {
        let add = |sum: &mut i64, more| *sum = sum.saturating_add(more);
        self.rows += 1;
        add(&mut self.held, row.held_delta_nanos);
        if row.kind == "settle" {
            add(&mut self.spent, row.spent_delta_nanos);
        }
        if row.period_start == Some(self.period_start) {
            add(&mut self.spent_in_period, row.spent_delta_nanos);
        }
    }

    /// What is left of the stretch is justified by no entry.
    pub(crate) fn leave(&mut self, faults: &mut Vec<String>) {
        faults.extend(first(&self.movements).map(stray));
        self.movements.clear();
    }

    /// Movements behind the log's end are justified by none, but their sums are the account's.
    pub(crate) async fn finish(
        &mut self,
        snapshot: &DatabaseTransaction,
        tenant: &str,
        end: i64,
        faults: &mut Vec<String>,
    ) -> Result<(), DbErr> {
        use ledger_entry::Column as L;
        let mut after = end;
        loop {
            let further = movements(tenant).filter(L::AuditSeq.gt(after));
            let further = further.order_by_asc(L::AuditSeq).limit(PAGE);
            let rows = further.all(snapshot).await?;
            let Some(last) = rows.last() else {
                return Ok(());
            };
            if after == end {
                faults.extend(rows.first().map(|row| stray(row.audit_seq)));
            }
            after = last.audit_seq;
            for row in &rows {
                self.count(row);
            }
        }
    }

    pub(crate) const fn rows(&self) -> u64 {
        self.rows
    }

    pub(crate) fn compare(
        &mut self,
        entry: &LoggedEntry,
        detail: &Detail,
        faults: &mut Vec<String>,
    ) {
        let seq = entry.seq;
        match (kind(entry, detail), self.movements.remove(&seq)) {
            (None, None) => {}
            (Some(_), None) => {
                faults.push(format!("audit entry {seq} has no movement in the ledger"));
            }
            (Some(kind), Some(movement)) if kind == movement.kind => {
                if !says_the_same(entry, detail, &movement) {
                    faults.push(format!(
                        "ledger row {seq} does not say what its audit entry says"
                    ));
                }
            }
            (_, Some(_)) => faults.push(format!(
                "ledger row {seq} is justified by an entry of another kind"
            )),
        }
    }

    /// Compares the sums with the account.
    pub(crate) fn sums(&self, account: &tenant::Model, faults: &mut Vec<String>) {
        let mut expect = |what: &str, says: i64, ledger: i64| {
            if says != ledger {
                faults.push(format!(
                    "{what}: the account says {says} nano-dollars, the ledger {ledger}"
                ));
            }
        };
        expect("held money", account.held_nanos, self.held);
        expect(
            "money held by open runs and executions",
            account.held_nanos,
            self.held_by_runs,
        );
        expect("spent money", account.spent_nanos, self.spent);
        if account.budget_limit_nanos.is_some() {
            expect(
                "money spent in the budget's period",
                account.budget_spent_nanos,
                self.spent_in_period,
            );
        }
    }
}

fn stray(seq: i64) -> String {
    format!("ledger row {seq} has no audit entry")
}

/// The kind of movement that `entry` justifies, if it moves money.
fn kind(entry: &LoggedEntry, detail: &Detail) -> Option<&'static str> {
    let holds_money = detail.amount("hold_usd").unwrap_or(0) != 0;
    match entry.entry.event {
        AuditEvent::AgentExecutionStarted => Some("hold"),
        AuditEvent::BudgetHoldExtended => Some("extend"),
        AuditEvent::ExecutionAllowed | AuditEvent::ApprovalGrantConsumed => {
            holds_money.then_some("hold")
        }
        AuditEvent::ExecutionLapsed => holds_money.then_some("release"),
        AuditEvent::BudgetChanged | AuditEvent::BudgetRolledOver => {
            (detail.integer("carried_nanos").unwrap_or(0) != 0).then_some("carry")
        }
        event if charges(event) => Some("settle"),
        _ => None,
    }
}

fn says_the_same(entry: &LoggedEntry, detail: &Detail, movement: &ledger_entry::Model) -> bool {
    let amount = |name| detail.amount(name);
    let (held, spent) = (movement.held_delta_nanos, movement.spent_delta_nanos);
    let amounts = match movement.kind.as_str() {
        "hold" | "extend" => amount("hold_usd") == Some(held) && spent == 0,
        "release" => amount("hold_usd") == Some(held.saturating_neg()) && spent == 0,
        "settle" => {
            amount("cost_usd") == Some(spent) && amount("hold_usd") == Some(held.saturating_neg())
        }
        "carry" => detail.integer("carried_nanos") == Some(spent) && held == 0,
        _ => false,
    };
    let execution = detail.text("execution_id");
    let at = entry.entry.occurred_at.timestamp_micros();
    amounts
        && at == movement.occurred_at
        && execution.is_none_or(|id| id == movement.execution_id.to_string())
}
