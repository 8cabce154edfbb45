//! Tests of budgets: what is admitted is never more than there is.

use proptest::prelude::*;

use super::*;

fn usd(nanos: i64) -> Usd {
    Usd::from_nanos(nanos).expect("not negative")
}

fn budget(limit: i64) -> Budget {
    let now = "2026-11-20T10:00:00Z".parse().expect("a time");
    let tenant = TenantId::new("acme").expect("a name");
    Budget::open(
        tenant,
        &BudgetSettings::limited_to(usd(limit)),
        chrono_tz::UTC,
        now,
    )
    .expect("sensible")
}

fn ask(full: i64, floor: i64) -> HoldAsk {
    HoldAsk {
        full: usd(full),
        floor: usd(floor),
    }
}

#[test]
fn a_budget_for_fifty_runs_pays_for_exactly_fifty() {
    let mut budget = budget(50 * 450);
    let (mut done, mut in_flight) = (0, Vec::new());
    loop {
        match budget.admit(ask(2_500, 60), false) {
            Admission::Held { hold, .. } => {
                budget.hold(hold).expect("fits");
                in_flight.push(hold);
            }
            Admission::Wait => {
                budget
                    .settle(in_flight.pop().expect("someone holds"), usd(450))
                    .expect("fits");
                done += 1;
            }
            Admission::Refused(refusal) => {
                assert_eq!(refusal, Refusal::BudgetExceeded);
                break;
            }
        }
    }
    assert_eq!(
        (done, budget.spent, budget.held),
        (50, budget.limit, Usd::ZERO)
    );
}

#[test]
fn what_is_left_below_the_mean_run_admits_nobody() {
    let mut budget = budget(1_000);
    budget.hold(usd(500)).expect("fits");
    budget.settle(usd(500), usd(600)).expect("fits");
    assert_eq!(
        budget.admit(ask(500, 1), false),
        Admission::Refused(Refusal::BudgetExceeded)
    );
}

#[test]
fn a_soft_budget_admits_and_alerts_once_per_line() {
    let mut budget = budget(1_000);
    budget.hard_limit = false;
    assert_eq!(budget.settle(Usd::ZERO, usd(799)).expect("fits"), vec![]);
    assert_eq!(
        budget.settle(Usd::ZERO, usd(1)).expect("fits"),
        vec![Alert::Threshold]
    );
    assert_eq!(
        budget.settle(Usd::ZERO, usd(300)).expect("fits"),
        vec![Alert::Limit]
    );
    assert_eq!(budget.settle(Usd::ZERO, usd(300)).expect("fits"), vec![]);
    assert_eq!(
        budget.admit(ask(9_000, 1), false),
        Admission::Held {
            hold: usd(9_000),
            capped: false
        }
    );
}

#[test]
fn a_new_period_starts_with_nothing_spent_and_keeps_what_is_held() {
    let mut budget = budget(1_000);
    budget.hold(usd(300)).expect("fits");
    budget.settle(Usd::ZERO, usd(900)).expect("fits");
    let next = budget.period.end;
    assert_eq!(
        budget.roll_over(next - chrono::TimeDelta::microseconds(1)),
        None
    );
    assert_eq!(budget.roll_over(next), Some(usd(900)));
    assert_eq!((budget.spent, budget.held), (Usd::ZERO, usd(300)));
}

proptest! {
    /// Whatever order runs start and end in, and as long as each stays within its hold, a hard budget is never exceeded
    /// and nothing stays held.
    #[test]
    fn a_hard_budget_is_never_exceeded(limit in 1i64..10_000, steps in prop::collection::vec((any::<bool>(), 1i64..3_000, 0i64..=100, any::<bool>()), 1..200)) {
        let mut budget = budget(limit);
        let mut holds: Vec<Usd> = Vec::new();
        for (start, full, share, last_try) in steps {
            if start {
                if let Admission::Held { hold, .. } = budget.admit(ask(full, 1), last_try) {
                    budget.hold(hold).expect("fits");
                    holds.push(hold);
                }
            } else if let Some(hold) = holds.pop() {
                budget.settle(hold, usd(hold.nanos() * share / 100)).expect("fits");
            }
            let committed = budget.spent.checked_add(budget.held).expect("fits");
            prop_assert!(committed <= budget.limit, "{committed} of {}", budget.limit);
        }
        for hold in holds {
            budget.settle(hold, Usd::ZERO).expect("fits");
        }
        prop_assert_eq!(budget.held, Usd::ZERO);
    }
}
