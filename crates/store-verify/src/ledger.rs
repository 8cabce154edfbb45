//! Compares each movement of money with the audit entry that justifies it, and the sums with the account.

use std::collections::HashMap;

use clasper_core::{AuditEvent, LoggedEntry};
use clasper_entity::{execution, ledger_entry, open_run, tenant};
use sea_orm::{ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QuerySelect};

use crate::detail::{Detail, charges};

pub(crate) struct LedgerCheck {
    movements: HashMap<i64, ledger_entry::Model>,
    rows: u64,
    held: i64,
    spent: i64,
    spent_in_period: i64,
    held_by_runs: i64,
}

impl LedgerCheck {
    pub(crate) async fn load(
        snapshot: &DatabaseTransaction,
        account: &tenant::Model,
    ) -> Result<Self, DbErr> {
        let tenant = account.tenant_id.as_str();
        let rows = ledger_entry::Entity::find()
            .filter(ledger_entry::Column::TenantId.eq(tenant))
            .all(snapshot)
            .await?;
        let runs = open_run::Entity::find()
            .filter(open_run::Column::TenantId.eq(tenant))
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
        let sum = |amounts: &mut dyn Iterator<Item = i64>| amounts.fold(0, i64::saturating_add);
        let settled = |row: &&ledger_entry::Model| row.kind == "settle";
        let in_period =
            |row: &&ledger_entry::Model| row.period_start == Some(account.budget_period_start);
        Ok(Self {
            rows: rows.len() as u64,
            held: sum(&mut rows.iter().map(|r| r.held_delta_nanos)),
            spent: sum(&mut rows.iter().filter(settled).map(|r| r.spent_delta_nanos)),
            spent_in_period: sum(&mut rows.iter().filter(in_period).map(|r| r.spent_delta_nanos)),
            held_by_runs: sum(&mut runs.iter().map(|r| r.hold_nanos).chain(executions)),
            movements: rows.into_iter().map(|row| (row.audit_seq, row)).collect(),
        })
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
                if !says_the_same(detail, &movement) {
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

    /// Rows that no entry justifies.
    pub(crate) fn strays(&self, faults: &mut Vec<String>) {
        let first = self.movements.keys().min();
        faults.extend(first.map(|seq| format!("ledger row {seq} has no audit entry")));
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

fn says_the_same(detail: &Detail, movement: &ledger_entry::Model) -> bool {
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
    amounts && execution.is_none_or(|id| id == movement.execution_id.to_string())
}
