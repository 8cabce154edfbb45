//! Replays the log into what the account must say: totals, and the budget with its period.

use clasper_core::{AuditEvent, LoggedEntry};
use clasper_entity::tenant;

use crate::detail::{Detail, charges};

/// The account as the log tells it.
#[derive(Default)]
pub(crate) struct AccountReplay {
    runs: i64,
    input_tokens: i64,
    output_tokens: i64,
    spent: i64,
    budget: Option<BudgetReplay>,
}

struct BudgetReplay {
    limit: Option<i64>,
    hard_limit: Option<bool>,
    alert_basis_points: i64,
    period_end: Option<i64>,
    spent: i64,
}

impl AccountReplay {
    pub(crate) fn take(&mut self, entry: &LoggedEntry, detail: &Detail, faults: &mut Vec<String>) {
        match entry.entry.event {
            // A budget within the tenant's, which is checked on its own.
            AuditEvent::BudgetChanged | AuditEvent::BudgetRolledOver
                if detail.text("scope").is_some() => {}
            AuditEvent::BudgetChanged => {
                let after = detail.object("after");
                let amount = |name| after.as_ref().and_then(|a| a.amount(name));
                self.budget = Some(BudgetReplay {
                    limit: amount("limit_usd"),
                    hard_limit: after.as_ref().and_then(|a| a.flag("hard_limit")),
                    alert_basis_points: detail.count("alert_basis_points"),
                    period_end: detail.integer("period_end_micros"),
                    spent: amount("spent_usd").unwrap_or(0),
                });
            }
            AuditEvent::BudgetRolledOver => {
                if let Some(budget) = &mut self.budget {
                    if detail.amount("spent_usd") != Some(budget.spent) {
                        faults.push(format!(
                            "audit entry {} closes a period with another sum than was spent in it",
                            entry.seq
                        ));
                    }
                    budget.spent = 0;
                    budget.period_end = detail.integer("period_end_micros");
                }
            }
            event if charges(event) => self.settle(detail),
            _ => {}
        }
    }

    fn settle(&mut self, detail: &Detail) {
        let cost = detail.amount("cost_usd").unwrap_or(0);
        let add = |sum: &mut i64, more| *sum = sum.saturating_add(more);
        self.runs += i64::from(cost != 0);
        add(&mut self.input_tokens, detail.count("input_tokens"));
        add(&mut self.output_tokens, detail.count("output_tokens"));
        add(&mut self.spent, cost);
        if let Some(budget) = &mut self.budget {
            add(&mut budget.spent, cost);
        }
    }

    /// Compares the account with what the log makes of it.
    pub(crate) fn compare(&self, account: &tenant::Model, faults: &mut Vec<String>) {
        let mut expect = |what: &str, says: Option<i64>, log: Option<i64>| {
            if says != log {
                let text = |n: Option<i64>| n.map_or("nothing".to_owned(), |n| n.to_string());
                let (says, log) = (text(says), text(log));
                faults.push(format!("{what}: the account says {says}, the log {log}"));
            }
        };
        expect("runs", Some(account.runs), Some(self.runs));
        expect(
            "input tokens",
            Some(account.input_tokens),
            Some(self.input_tokens),
        );
        expect(
            "output tokens",
            Some(account.output_tokens),
            Some(self.output_tokens),
        );
        expect(
            "nano-dollars spent",
            Some(account.spent_nanos),
            Some(self.spent),
        );
        let budget = self.budget.as_ref();
        let limit = budget.and_then(|b| b.limit);
        expect(
            "nano-dollars of the budget",
            account.budget_limit_nanos,
            limit,
        );
        let Some(budget) = budget else {
            return;
        };
        let hard = Some(i64::from(account.budget_hard_limit));
        expect(
            "whether the limit refuses",
            hard,
            budget.hard_limit.map(i64::from),
        );
        let alert = Some(account.budget_alert_basis_points);
        expect(
            "the alert's basis points",
            alert,
            Some(budget.alert_basis_points),
        );
        let end = Some(account.budget_period_end);
        expect(
            "the microsecond when the period ends",
            end,
            budget.period_end,
        );
        let spent = Some(account.budget_spent_nanos);
        expect(
            "nano-dollars spent in the period",
            spent,
            Some(budget.spent),
        );
    }
}
