//! What holds for all rules and contexts.

use clasper_policy::{ConditionDetail, Effect, PolicyContext, TraceResult};
use proptest::prelude::*;

use crate::arbitrary::{Choices, context, rule};
use crate::world;

proptest! {
    #[test]
    fn explain_and_evaluate_agree(seed in any::<u64>()) {
        let mut choices = Choices(seed);
        let count = 1 + choices.below(8);
        let rules: Vec<_> = (0..count).map(|number| rule(&mut choices, number)).collect();
        let policy = world::rules(rules);
        for _ in 0..8 {
            let context = context(&mut choices);
            let evaluation = policy.evaluate(&context);
            let explanation = policy.explain(&context);
            prop_assert_eq!(&explanation.evaluation, &evaluation);
            let entries = explanation.decision_trace.iter();
            let matched: Vec<_> = entries
                .filter(|entry| entry.result == TraceResult::Matched)
                .map(|entry| (entry.policy_id.clone(), entry.decision))
                .collect();
            let expected: Vec<_> = evaluation
                .matched
                .iter()
                .map(|matched| (matched.policy_id.clone(), Some(matched.effect)))
                .collect();
            prop_assert_eq!(matched, expected);
            if let Some(nearest) = explanation.nearest_allow {
                prop_assert_ne!(evaluation.effect, Effect::Allow);
                let holds = |detail: &ConditionDetail| detail.result;
                prop_assert!(!nearest.failing.iter().any(holds));
                prop_assert!(!nearest.failing.is_empty() || nearest.outweighed_by.is_some());
            }
        }
    }

    #[test]
    fn a_context_survives_its_record(seed in any::<u64>()) {
        let context = context(&mut Choices(seed));
        let text = serde_json::to_string(&context).expect("JSON");
        prop_assert_eq!(serde_json::from_str::<PolicyContext>(&text).expect("read back"), context);
    }

    #[test]
    fn the_order_of_the_policies_does_not_matter(seed in any::<u64>()) {
        let mut choices = Choices(seed);
        let mut rules: Vec<_> = (0..6).map(|number| rule(&mut choices, number)).collect();
        let forward = world::rules(rules.clone());
        rules.reverse();
        let backward = world::rules(rules);
        prop_assert_eq!(forward.bundle_hash(), backward.bundle_hash());
        let context = context(&mut choices);
        prop_assert_eq!(forward.evaluate(&context), backward.evaluate(&context));
    }
}
