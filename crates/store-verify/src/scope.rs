//! Replays the log into what the budgets within the tenant's must say, and adds up what is held in them.

use std::collections::BTreeMap;

use clasper_core::{AuditEvent, LoggedEntry};
use clasper_entity::{budget_scope, execution, open_run};
use sea_orm::{ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QuerySelect};

use crate::detail::{Detail, charges};
use clasper_store::rows::hold_scopes;

/// The budgets within a tenant's, and what the log and the holds make of them.
pub(crate) struct ScopeCheck {
    rows: Vec<budget_scope::Model>,
    held: BTreeMap<String, i64>,
    replayed: BTreeMap<String, Replay>,
}

struct Replay {
    limit: Option<i64>,
    hard_limit: Option<bool>,
    alert_basis_points: i64,
    period_end: Option<i64>,
    spent: i64,
    runs: i64,
}

impl ScopeCheck {
    pub(crate) async fn load(snapshot: &DatabaseTransaction, tenant: &str) -> Result<Self, DbErr> {
        let rows = budget_scope::Entity::find()
            .filter(budget_scope::Column::TenantId.eq(tenant))
            .all(snapshot)
            .await?;
        let mut check = Self {
            held: BTreeMap::new(),
            replayed: BTreeMap::new(),
            rows,
        };
        if !check.rows.is_empty() {
            check.add_holds(snapshot, tenant).await?;
        }
        Ok(check)
    }

    async fn add_holds(
        &mut self,
        snapshot: &DatabaseTransaction,
        tenant: &str,
    ) -> Result<(), DbErr> {
        use execution::Column as E;
        use open_run::Column as R;
        let mut holds: Vec<(i64, String)> = open_run::Entity::find()
            .select_only()
            .columns([R::HoldNanos, R::HoldScopes])
            .filter(R::TenantId.eq(tenant))
            .into_tuple()
            .all(snapshot)
            .await?;
        let executions: Vec<(i64, String)> = execution::Entity::find()
            .select_only()
            .columns([E::HoldNanos, E::HoldScopes])
            .filter(E::TenantId.eq(tenant))
            .filter(E::HoldNanos.gt(0))
            .into_tuple()
            .all(snapshot)
            .await?;
        holds.extend(executions);
        for (amount, scopes) in holds {
            for scope in hold_scopes(&scopes, "open_runs")? {
                let held = self.held.entry(scope.to_string()).or_default();
                *held = held.saturating_add(amount);
            }
        }
        Ok(())
    }

    pub(crate) fn take(&mut self, entry: &LoggedEntry, detail: &Detail, faults: &mut Vec<String>) {
        let event = entry.entry.event;
        if charges(event) {
            return self.settle(entry.seq, detail, faults);
        }
        let Some(scope) = detail.text("scope") else {
            return;
        };
        match event {
            AuditEvent::BudgetChanged => {
                let after = detail.object("after");
                let amount = |name| after.as_ref().and_then(|after| after.amount(name));
                let replay = Replay {
                    limit: amount("limit_usd"),
                    hard_limit: after.as_ref().and_then(|after| after.flag("hard_limit")),
                    alert_basis_points: detail.count("alert_basis_points"),
                    period_end: detail.integer("period_end_micros"),
                    spent: amount("spent_usd").unwrap_or(0),
                    runs: detail.count("runs"),
                };
                self.replayed.insert(scope.to_owned(), replay);
            }
            AuditEvent::BudgetRolledOver => {
                let Some(replay) = self.replayed.get_mut(scope) else {
                    faults.push(unknown(entry.seq, scope));
                    return;
                };
                if detail.amount("spent_usd") != Some(replay.spent) {
                    faults.push(format!(
                        "audit entry {} closes a period of {scope} with another sum than was spent in it",
                        entry.seq
                    ));
                }
                (replay.spent, replay.runs) = (0, 0);
                replay.period_end = detail.integer("period_end_micros");
            }
            _ => {}
        }
    }

    fn settle(&mut self, seq: i64, detail: &Detail, faults: &mut Vec<String>) {
        let cost = detail.amount("cost_usd").unwrap_or(0);
        for scope in detail.texts("budget_scopes") {
            match self.replayed.get_mut(scope) {
                Some(replay) => {
                    replay.spent = replay.spent.saturating_add(cost);
                    replay.runs += i64::from(cost != 0);
                }
                None => faults.push(unknown(seq, scope)),
            }
        }
    }

    /// Compares the budgets with what the log makes of them.
    pub(crate) fn compare(&self, faults: &mut Vec<String>) {
        for row in &self.rows {
            match self.replayed.get(&row.scope) {
                Some(replay) => replay.compare(row, faults),
                None => faults.push(format!("the budget of {} is in no audit entry", row.scope)),
            }
        }
        let is_there = |scope: &str| self.rows.iter().any(|row| row.scope == scope);
        let gone = self.replayed.keys().filter(|scope| !is_there(scope));
        faults.extend(gone.map(|scope| format!("the budget of {scope} is gone")));
    }

    /// Compares what the budgets hold with the holds of what is open.
    pub(crate) fn sums(&self, faults: &mut Vec<String>) {
        for row in &self.rows {
            let open = self.held.get(&row.scope).copied().unwrap_or(0);
            if row.held_nanos != open {
                faults.push(format!(
                    "held money of {}: the budget says {} nano-dollars, what is open in it {open}",
                    row.scope, row.held_nanos
                ));
            }
        }
    }
}

impl Replay {
    fn compare(&self, row: &budget_scope::Model, faults: &mut Vec<String>) {
        let mut expect = |what: &str, says: Option<i64>, log: Option<i64>| {
            if says != log {
                let text = |n: Option<i64>| n.map_or("nothing".to_owned(), |n| n.to_string());
                let (says, log) = (text(says), text(log));
                faults.push(format!(
                    "{what} of {}: the budget says {says}, the log {log}",
                    row.scope
                ));
            }
        };
        expect("nano-dollars", Some(row.limit_nanos), self.limit);
        let hard = Some(i64::from(row.hard_limit));
        expect(
            "whether the limit refuses",
            hard,
            self.hard_limit.map(i64::from),
        );
        let alert = Some(row.alert_basis_points);
        expect("alert's basis points", alert, Some(self.alert_basis_points));
        expect("end of the period", Some(row.period_end), self.period_end);
        expect(
            "nano-dollars spent",
            Some(row.spent_nanos),
            Some(self.spent),
        );
        expect("runs charged", Some(row.runs), Some(self.runs));
    }
}

fn unknown(seq: i64, scope: &str) -> String {
    format!("audit entry {seq} speaks of a budget of {scope}, which was never set")
}
