//! The engine and a plain reading of the rules decide alike. `PROPTEST_CASES=62500` makes it a million requests.

use clasper_policy::{Effect, EffectivePolicy, Reason};
use proptest::prelude::*;

use crate::arbitrary::{Choices, context, rule};
use crate::{reading, world};

/// Requests for every set of rules.
const REQUESTS: usize = 16;

proptest! {
    #[test]
    fn the_engine_agrees_with_a_plain_reading_of_the_rules(seed in any::<u64>()) {
        let mut choices = Choices(seed);
        let count = 1 + choices.below(10);
        let rules: Vec<_> = (0..count).map(|number| rule(&mut choices, number)).collect();
        let policy = world::rules(rules.iter().cloned());
        let strict = EffectivePolicy::new(vec![world::compile(&world::deny_overrides(rules.iter().cloned()))]);
        for _ in 0..REQUESTS {
            let context = context(&mut choices);
            let evaluation = policy.evaluate(&context);
            let expected = reading::decide(&rules, &context);
            let mut expected_ids: Vec<_> = rules
                .iter()
                .filter(|rule| reading::matches(rule, &context))
                .filter_map(|rule| rule["policy_id"].as_str())
                .collect();
            let mut ids: Vec<_> = evaluation.matched.iter().map(|m| m.policy_id.as_str()).collect();
            let first = ids.first().copied();
            ids.sort_unstable();
            expected_ids.sort_unstable();
            prop_assert_eq!(&ids, &expected_ids, "{:#?}\n{:#?}", rules, context);
            prop_assert_eq!(evaluation.winner.as_deref(), expected.and_then(|r| r["policy_id"].as_str()), "{:#?}\n{:#?}", rules, context);
            prop_assert_eq!(first, evaluation.winner.as_deref());
            prop_assert_eq!(evaluation.effect, expected.map_or(Effect::Deny, reading::effect));
            let reason = if expected.is_some() { Reason::Rule } else { Reason::NoMatch };
            prop_assert_eq!(evaluation.reason, reason);
            prop_assert_eq!(evaluation.approval.is_some(), evaluation.effect == Effect::RequireApproval);

            let strictest = rules.iter().filter(|r| reading::matches(r, &context)).map(reading::effect).max();
            prop_assert_eq!(strict.evaluate(&context).effect, strictest.unwrap_or(Effect::Deny));
        }
    }
}
