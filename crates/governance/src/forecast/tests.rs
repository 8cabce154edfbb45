//! Tests of forecasts: coverage on synthetic histories, cold start, and how budgets stand to them.

use clasper_core::{TenantId, Usd};
use proptest::prelude::*;

use crate::budget::ScopedBudget;
use crate::forecast::*;
use crate::price::{InputTokens, PriceTable, PromptSize};
use crate::service::BudgetSettings;

/// Numbers that look random and are the same in every run.
struct Noise(u64);

impl Noise {
    /// Between 0 and `below`, without `below`.
    fn below(&mut self, below: u64) -> u64 {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % below
    }
}

type Distribution = (&'static str, fn(&mut Noise) -> u64);

/// Ways in which answers may be long: even, with a heavy tail, of two kinds, all the same, mostly nothing.
const DISTRIBUTIONS: [Distribution; 5] = [
    ("uniform", |noise| 50 + noise.below(900)),
    ("heavy tail", |noise| {
        1 << (noise.below(8) + noise.below(12))
    }),
    ("two kinds", |noise| match noise.below(10) {
        0 => 3_000 + noise.below(500),
        _ => 20 + noise.below(10),
    }),
    ("constant", |_| 777),
    ("mostly nothing", |noise| noise.below(40).saturating_sub(36)),
];

fn seen(output_tokens: u64) -> Observation {
    Observation {
        output_tokens,
        cost: usd(i64::try_from(output_tokens).expect("small") * 600),
        cut_short: false,
    }
}

fn usd(nanos: i64) -> Usd {
    Usd::from_nanos(nanos).expect("not negative")
}

fn call(input: InputTokens, max_output_tokens: u32) -> CallAsk {
    let (model, tariff) = PriceTable::listed()
        .prices()
        .resolve(None, "gpt-4o-mini")
        .expect("listed");
    CallAsk {
        model,
        tariff,
        input,
        max_output_tokens,
    }
}

fn scoped(scope: &str, limit: &str, spent: &str) -> ScopedBudget {
    let settings = BudgetSettings::limited_to(limit.parse().expect("money"));
    let now = "2026-11-20T10:00:00Z".parse().expect("a time");
    let tenant = TenantId::new("acme").expect("a name");
    let scope = scope.parse().expect("a scope");
    let mut scoped =
        ScopedBudget::open(scope, tenant, &settings, chrono_tz::UTC, now).expect("sensible");
    scoped.budget.spent = spent.parse().expect("money");
    scoped
}

/// Each run is foretold from those before it. Over many runs, nine in ten lie between the ends.
#[test]
fn nine_costs_in_ten_lie_within_the_interval_whatever_their_distribution() {
    for (name, draw) in DISTRIBUTIONS {
        for seed in 0..12 {
            let mut noise = Noise(seed);
            let mut history = CostHistory::default();
            let (mut within, runs) = (0, 1_500);
            for _ in 0..runs {
                let now = seen(draw(&mut noise));
                let estimate = estimate_operation(Some(&history), usd(10_000_000_000));
                if (estimate.low_usd..=estimate.high_usd).contains(&now.cost) {
                    within += 1;
                }
                history.record(now);
            }
            assert!(
                within * 100 >= runs * 89,
                "{name}, seed {seed}: {within} of {runs}"
            );
        }
    }
}

#[test]
fn the_interval_of_an_even_distribution_is_not_much_wider_than_it_has_to_be() {
    let mut noise = Noise(1);
    let mut history = CostHistory::default();
    (0..1_000).for_each(|_| history.record(seen(1_000 + noise.below(1_000))));
    let estimate = estimate_operation(Some(&history), usd(10_000_000_000));
    assert_eq!(estimate.basis, Basis::History);
    assert!(estimate.low_usd >= usd(900 * 600), "{estimate:?}");
    assert!(estimate.high_usd <= usd(2_250 * 600), "{estimate:?}");
}

#[test]
fn a_change_of_what_is_usual_is_learnt() {
    let mut history = CostHistory::default();
    (0..2_000).for_each(|_| history.record(seen(100)));
    (0..2_000).for_each(|_| history.record(seen(10_000)));
    let estimate = estimate_operation(Some(&history), usd(i64::MAX));
    assert!(estimate.likely_usd >= usd(9_000 * 600), "{estimate:?}");
}

#[test]
fn without_history_the_declared_maximums_count() {
    let size = PromptSize::default().with_message("Where is my order?");
    let forecast =
        forecast_call(&call(InputTokens::of_size(&size), 1_000), None, &[]).expect("in range");
    assert_eq!(forecast.estimate.basis, Basis::DeclaredMaximum);
    assert_eq!(forecast.details.output_tokens, 1_000);
    // 18 bytes, 8 for the message, 16 for the request at 0.15; 1,000 tokens of answer at 0.6.
    assert_eq!(forecast.estimate.high_usd.to_string(), "0.0006063");
    assert_eq!(forecast.estimate.low_usd, Usd::ZERO);
    assert_eq!(
        forecast.details.input_price_per_token.to_string(),
        "0.00000015"
    );
    assert_eq!(
        (
            forecast.outlook.budget_allowed,
            forecast.outlook.budget_remaining
        ),
        (true, None)
    );
}

#[test]
fn answers_that_were_cut_short_do_not_make_longer_ones_look_impossible() {
    let mut history = CostHistory::default();
    for _ in 0..100 {
        history.record(Observation {
            cut_short: true,
            ..seen(100)
        });
    }
    let longer = forecast_call(&call(InputTokens::counted(10), 4_000), Some(&history), &[])
        .expect("in range");
    assert_eq!(longer.estimate.basis, Basis::DeclaredMaximum);
    assert_eq!(longer.estimate.high_usd, usd(10 * 150 + 4_000 * 600));
}

#[test]
fn a_hard_scope_that_cannot_pay_says_so_and_a_soft_one_only_warns() {
    let ask = call(InputTokens::counted(1_000), 1_000);
    let mut budgets = vec![
        scoped("tenant", "10", "1"),
        scoped("agent:a", "1", "0.9999"),
    ];
    let hard = forecast_call(&ask, None, &budgets)
        .expect("in range")
        .outlook;
    assert_eq!(
        (hard.budget_allowed, hard.would_exceed_budget),
        (false, true)
    );
    assert_eq!(
        hard.budget_remaining,
        Some("0.0001".parse().expect("money"))
    );
    assert_eq!(
        hard.warning.expect("there is one").to_string(),
        "the estimate of 0.00075 USD exceeds the 0.0001 USD left for agent:a"
    );
    budgets[1].budget.hard_limit = false;
    let soft = forecast_call(&ask, None, &budgets)
        .expect("in range")
        .outlook;
    assert_eq!(
        (soft.budget_allowed, soft.would_exceed_budget),
        (true, true)
    );
}

#[test]
fn an_upper_end_beyond_the_budget_and_a_budget_near_its_limit_are_told() {
    let estimate = CostEstimate {
        likely_usd: usd(10),
        low_usd: usd(1),
        high_usd: usd(3_000_000_000),
        coverage_percent: 90,
        basis: Basis::History,
        runs: 50,
    };
    let may = outlook(&estimate, &[scoped("tenant", "2", "0")]);
    assert!(may.budget_allowed && !may.would_exceed_budget && may.may_exceed_budget);
    let near = outlook(&estimate, &[scoped("tenant", "100", "80")]);
    assert!(matches!(
        near.warning,
        Some(OutlookWarning::NearLimit { .. })
    ));
    assert_eq!(
        outlook(&estimate, &[scoped("tenant", "100", "0")]).warning,
        None
    );
}

#[test]
fn a_history_and_its_subject_survive_their_stored_forms() {
    let mut history = CostHistory::default();
    (1..100).for_each(|n| history.record(seen(n)));
    let text = serde_json::to_string(&history).expect("JSON");
    assert_eq!(
        serde_json::from_str::<CostHistory>(&text).expect("reads"),
        history
    );
    for name in ["openai/gpt-4o", "adapter:openclaw-local"] {
        let subject: HistorySubject = name.parse().expect("a subject");
        assert_eq!(subject.to_string(), name);
    }
    assert_eq!("gpt-4o".parse::<HistorySubject>(), Err(SubjectError));
}

proptest! {
    #[test]
    fn the_ends_enclose_what_is_likely_and_never_pass_the_declared_maximum(
        outputs in prop::collection::vec((0u64..5_000, any::<bool>()), 0..200), bytes in 0u64..10_000, max in 0u32..6_000,
    ) {
        let mut history = CostHistory::default();
        for (output_tokens, cut_short) in outputs {
            history.record(Observation { cut_short, ..seen(output_tokens) });
        }
        let input = InputTokens::of_size(&PromptSize { bytes, messages: 1, tools: 0 });
        let ask = call(input, max);
        let estimate = forecast_call(&ask, Some(&history), &[]).expect("in range").estimate;
        let declared = forecast_call(&ask, None, &[]).expect("in range").estimate.high_usd;
        prop_assert!(estimate.low_usd <= estimate.likely_usd && estimate.likely_usd <= estimate.high_usd);
        prop_assert!(estimate.high_usd <= declared);
    }
}
