//! Tests of nested budgets: no scope is ever exceeded, and a hold is in all of them or in none.

use std::collections::BTreeMap;

use clasper_core::{AgentId, SessionId, WorkspaceId};
use proptest::prelude::*;

use super::*;

fn usd(nanos: i64) -> Usd {
    Usd::from_nanos(nanos).expect("not negative")
}

fn ask(full: i64, floor: i64) -> HoldAsk {
    HoldAsk {
        full: usd(full),
        floor: usd(floor),
    }
}

fn now() -> Timestamp {
    "2026-11-20T10:00:00Z".parse().expect("a time")
}

fn scoped(scope: &str, limit: i64) -> ScopedBudget {
    ScopedBudget::open(
        scope.parse().expect("a scope"),
        TenantId::new("acme").expect("a name"),
        &BudgetSettings::limited_to(usd(limit)),
        chrono_tz::UTC,
        now(),
    )
    .expect("sensible")
}

fn nested(budgets: &[(&str, i64)]) -> NestedBudgets {
    NestedBudgets::new(budgets.iter().map(|(s, l)| scoped(s, *l)).collect()).expect("fits")
}

#[test]
fn the_narrowest_room_is_what_is_held() {
    let budgets = nested(&[
        ("session:s", 300),
        ("tenant", 10_000),
        ("workspace:w", 2_000),
    ]);
    let NestedAdmission::Held {
        hold,
        capped,
        warnings,
    } = budgets.admit(ask(1_000, 10), false)
    else {
        panic!("there is room");
    };
    assert_eq!((hold, capped), (usd(300), true));
    let scopes: Vec<_> = warnings.iter().map(|w| w.scope.to_string()).collect();
    assert_eq!(scopes, ["session:s"]);
}

#[test]
fn a_refusal_names_the_widest_scope_that_refuses_and_leaves_nothing_held() {
    let mut budgets = nested(&[("tenant", 10_000), ("workspace:w", 500), ("agent:a", 400)]);
    budgets.settle(Usd::ZERO, usd(500)).expect("fits");
    let before = budgets.clone();
    assert_eq!(
        budgets.admit(ask(100, 50), false),
        NestedAdmission::Refused {
            scope: BudgetScope::Workspace(WorkspaceId::new("w").expect("a name")),
            refusal: Refusal::BudgetExceeded,
        }
    );
    assert_eq!(budgets, before);
}

#[test]
fn nobody_waits_for_money_that_a_narrower_scope_would_not_let_them_have() {
    let mut budgets = nested(&[("tenant", 1_000), ("session:s", 200)]);
    budgets.0[0].budget.hold(usd(700)).expect("fits");
    let admission = budgets.admit(ask(500, 10), false);
    assert!(
        matches!(admission, NestedAdmission::Held { hold, capped: true, .. } if hold == usd(200)),
        "{admission:?}"
    );
}

#[test]
fn held_money_is_waited_for_and_refused_at_the_last_try() {
    let mut budgets = nested(&[("tenant", 1_000), ("agent:a", 500)]);
    budgets.hold(usd(500)).expect("fits");
    let agent = BudgetScope::Agent(AgentId::new("a").expect("a name"));
    assert_eq!(
        budgets.admit(ask(100, 10), false),
        NestedAdmission::Wait {
            scope: agent.clone()
        }
    );
    assert_eq!(
        budgets.admit(ask(100, 10), true),
        NestedAdmission::Refused {
            scope: agent,
            refusal: Refusal::BudgetHeld
        }
    );
}

#[test]
fn a_soft_scope_admits_and_warns() {
    let mut budgets = nested(&[("tenant", 10_000), ("workspace:w", 100)]);
    budgets.0[1].budget.hard_limit = false;
    let NestedAdmission::Held { hold, warnings, .. } = budgets.admit(ask(1_000, 10), false) else {
        panic!("only the soft limit is in the way");
    };
    assert_eq!(hold, usd(1_000));
    assert_eq!(warnings[0].standing, BudgetStanding::Over);
    assert_eq!(warnings.len(), 1);
}

#[test]
fn spending_beyond_the_hold_is_booked_and_reported() {
    let mut budgets = nested(&[("tenant", 1_000), ("workspace:w", 100)]);
    budgets.hold(usd(50)).expect("fits");
    let settled = budgets.settle(usd(50), usd(120)).expect("fits");
    assert_eq!(settled.over_hold, Some(usd(70)));
    let alerts: Vec<_> = settled
        .alerts
        .iter()
        .map(|a| (a.scope.kind(), a.alert))
        .collect();
    assert_eq!(
        alerts,
        [("workspace", Alert::Threshold), ("workspace", Alert::Limit)]
    );
    assert!(budgets.budgets().iter().all(|b| b.budget.spent == usd(120)));
}

#[test]
fn a_hold_that_one_scope_cannot_count_is_in_none() {
    let mut budgets = nested(&[("tenant", 1_000), ("workspace:w", 100)]);
    budgets.0[1].budget.held = usd(i64::MAX);
    let before = budgets.clone();
    assert_eq!(budgets.hold(usd(1)), Err(UsdError::TooLarge));
    assert_eq!(budgets, before);
}

#[test]
fn two_budgets_of_a_kind_or_of_two_tenants_are_refused() {
    let twice = vec![scoped("agent:a", 1), scoped("agent:b", 1)];
    assert_eq!(
        NestedBudgets::new(twice),
        Err(NestedError::SameKind { kind: "agent" })
    );
    let mut other = scoped("agent:a", 1);
    other.budget.tenant = TenantId::new("globex").expect("a name");
    assert_eq!(
        NestedBudgets::new(vec![scoped("tenant", 1), other]),
        Err(NestedError::OtherTenant)
    );
}

#[test]
fn a_sessions_budget_does_not_begin_again_with_the_month() {
    let mut budgets = nested(&[("tenant", 1_000), ("session:s", 100)]);
    budgets.settle(Usd::ZERO, usd(90)).expect("fits");
    let rolled = budgets.roll_over(now() + TimeDelta::days(40));
    assert_eq!(rolled, [(BudgetScope::Tenant, usd(90))]);
    let session = BudgetScope::Session(SessionId::new("s").expect("a name"));
    let kept = budgets.budgets().iter().find(|b| b.scope == session);
    assert_eq!(kept.expect("is there").budget.spent, usd(90));
}

/// A tenant with two workspaces, two agents and two sessions, shared by whatever runs.
struct World {
    budgets: BTreeMap<BudgetScope, ScopedBudget>,
    open: Vec<(Vec<BudgetScope>, Usd)>,
}

impl World {
    fn new(limits: &[i64; 7], soft: u8) -> Self {
        let names = [
            "tenant",
            "workspace:0",
            "workspace:1",
            "agent:0",
            "agent:1",
            "session:0",
            "session:1",
        ];
        let budgets = names
            .iter()
            .zip(limits)
            .enumerate()
            .map(|(n, (name, limit))| {
                let mut budget = scoped(name, *limit);
                budget.budget.hard_limit = soft & (1 << n) == 0;
                (budget.scope.clone(), budget)
            });
        Self {
            budgets: budgets.collect(),
            open: Vec::new(),
        }
    }

    fn nested(&self, scopes: &[BudgetScope]) -> NestedBudgets {
        let budgets = scopes.iter().map(|scope| self.budgets[scope].clone());
        NestedBudgets::new(budgets.collect()).expect("one of each kind")
    }

    fn store(&mut self, nested: NestedBudgets) {
        for budget in nested.into_budgets() {
            self.budgets.insert(budget.scope.clone(), budget);
        }
    }

    fn check(&self) -> Result<(), TestCaseError> {
        for (scope, scoped) in &self.budgets {
            let budget = &scoped.budget;
            let committed = budget.spent.checked_add(budget.held).expect("fits");
            prop_assert!(
                !budget.hard_limit || committed <= budget.limit,
                "{scope}: {committed} of {}",
                budget.limit
            );
            let holds = self
                .open
                .iter()
                .filter(|(scopes, _)| scopes.contains(scope));
            let held: i64 = holds.map(|(_, hold)| hold.nanos()).sum();
            prop_assert_eq!(budget.held, usd(held), "{}", scope);
        }
        Ok(())
    }
}

#[derive(Debug, Clone)]
enum Step {
    Start {
        path: u8,
        full: i64,
        floor: i64,
        last_try: bool,
    },
    Settle {
        which: usize,
        share: i64,
    },
    Release {
        which: usize,
    },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        3 => (0u8..32, 1i64..3_000, 1i64..100, any::<bool>()).prop_map(|(path, full, floor, last_try)| Step::Start { path, full, floor, last_try }),
        2 => (any::<usize>(), 0i64..=100).prop_map(|(which, share)| Step::Settle { which, share }),
        1 => any::<usize>().prop_map(|which| Step::Release { which }),
    ];
    prop::collection::vec(step, 1..120)
}

/// The tenant, and by its bits a workspace, an agent and a session or none.
fn path(bits: u8) -> Vec<BudgetScope> {
    let mut names = vec!["tenant".to_owned(), format!("workspace:{}", bits & 1)];
    if bits & 2 != 0 {
        names.push(format!("agent:{}", bits >> 2 & 1));
    }
    if bits & 8 != 0 {
        names.push(format!("session:{}", bits >> 4 & 1));
    }
    names
        .iter()
        .map(|name| name.parse().expect("a scope"))
        .collect()
}

proptest! {
    #[test]
    fn no_hard_scope_is_ever_exceeded_and_every_hold_is_in_all_its_scopes(
        limits in prop::array::uniform7(1i64..8_000), soft in any::<u8>(), steps in steps(),
    ) {
        let mut world = World::new(&limits, soft);
        for step in steps {
            match step {
                Step::Start { path: bits, full, floor, last_try } => {
                    let scopes = path(bits);
                    let mut nested = world.nested(&scopes);
                    match nested.admit(ask(full, floor), last_try) {
                        NestedAdmission::Held { hold, capped, .. } => {
                            prop_assert!(hold <= usd(full) && capped == (hold < usd(full)) && !hold.is_zero());
                            nested.hold(hold).expect("fits");
                            world.store(nested);
                            world.open.push((scopes, hold));
                        }
                        NestedAdmission::Wait { scope } => {
                            prop_assert!(!last_try && !world.budgets[&scope].budget.held.is_zero());
                        }
                        NestedAdmission::Refused { scope, refusal } => {
                            prop_assert!(scopes.contains(&scope));
                            prop_assert!(refusal == Refusal::BudgetExceeded || last_try);
                        }
                    }
                }
                Step::Settle { which, share } if !world.open.is_empty() => {
                    let (scopes, hold) = world.open.remove(which % world.open.len());
                    let mut nested = world.nested(&scopes);
                    nested.settle(hold, usd(hold.nanos() * share / 100)).expect("fits");
                    world.store(nested);
                }
                Step::Release { which } if !world.open.is_empty() => {
                    let (scopes, hold) = world.open.remove(which % world.open.len());
                    let mut nested = world.nested(&scopes);
                    nested.release(hold).expect("fits");
                    world.store(nested);
                }
                Step::Settle { .. } | Step::Release { .. } => {}
            }
            world.check()?;
        }
    }

    #[test]
    fn with_one_scope_nesting_changes_nothing(
        limit in 1i64..5_000, spent in 0i64..6_000, runs in 0i64..4, held in 0i64..3_000, hard in any::<bool>(),
        full in 0i64..6_000, floor in 0i64..300, last_try in any::<bool>(),
    ) {
        let mut one = scoped("tenant", limit);
        one.budget.hard_limit = hard;
        (one.budget.spent, one.budget.settled_runs, one.budget.held) = (usd(spent), runs, usd(held));
        let alone = one.budget.admit(ask(full, floor), last_try);
        prop_assert_eq!(Admission::from(admit_all(&[one], ask(full, floor), last_try)), alone);
    }

    /// No larger hold would have fitted: unless it is all that was asked for, the next nano-dollar overspends a scope.
    #[test]
    fn a_capped_hold_is_the_largest_that_fits(limits in prop::array::uniform7(1i64..2_000), bits in 0u8..32, full in 1i64..3_000) {
        let world = World::new(&limits, 0);
        let nested = world.nested(&path(bits));
        if let NestedAdmission::Held { hold, capped: true, .. } = nested.admit(ask(full, 1), false) {
            prop_assert!(nested.budgets().iter().any(|scoped| hold == scoped.budget.available()));
        }
    }
}
