//! Tests of risk: the reference's example, and that no claim ever helps.

use proptest::prelude::*;

use crate::risk::*;

fn degrees(value: f64) -> Temperature {
    Temperature::new(value).expect("between 0 and 2")
}

fn example() -> CallerClaims {
    CallerClaims {
        tool_count: 3,
        tool_names: vec!["send_email".to_owned()],
        skill_state: Some(SkillState::Draft),
        temperature: Some(degrees(1.2)),
        data_sensitivity: Some(DataSensitivity::Pii),
        custom_flags: vec!["beta".to_owned()],
        ..CallerClaims::default()
    }
}

#[test]
fn the_verified_example_of_the_reference_scores_56_and_is_high() {
    let expected = Factors {
        tool_breadth: 65,
        skill_maturity: 60,
        model_volatility: 60,
        data_sensitivity: 100,
        custom_factors: 20,
        adapter_risk: 0,
    };
    for assessment in [
        score_claims(&example()),
        assess(&RegistryFacts::default(), &example()),
    ] {
        assert_eq!(assessment.factors, expected);
        assert_eq!((assessment.score, assessment.level), (56, RiskLevel::High));
        assert!(assessment.level.needs_approval());
        assert_eq!(
            assessment.risk_factors,
            [
                RiskFinding::BroadTools,
                RiskFinding::HighRiskTool {
                    name: "send_email".to_owned()
                },
                RiskFinding::DraftSkill,
                RiskFinding::HighTemperature,
                RiskFinding::PersonalData,
                RiskFinding::Flag {
                    name: "beta".to_owned()
                },
            ]
        );
        assert_eq!(
            assessment.recommendations,
            [
                Recommendation::PromoteSkill,
                Recommendation::PinSkill,
                Recommendation::LowerTemperature,
                Recommendation::ReduceTools,
                Recommendation::RedactData,
            ]
        );
    }
}

#[test]
fn nothing_said_of_nothing_known_scores_as_in_the_reference() {
    let assessment = score_claims(&CallerClaims::default());
    assert_eq!(
        (
            assessment.factors.skill_maturity,
            assessment.factors.model_volatility
        ),
        (50, 35)
    );
    // 50 × 0.20 + 35 × 0.15 = 15.25
    assert_eq!((assessment.score, assessment.level), (15, RiskLevel::Low));
}

#[test]
fn what_a_caller_says_of_its_own_ripeness_counts_only_where_nothing_is_decided() {
    let boast = CallerClaims {
        skill_state: Some(SkillState::Active),
        skill_tested: Some(true),
        skill_pinned: Some(true),
        temperature: Some(degrees(0.0)),
        adapter_risk_class: Some(AdapterRiskClass::Low),
        ..CallerClaims::default()
    };
    let facts = RegistryFacts {
        skill: SkillFacts::Registered {
            state: SkillState::Draft,
            tested: false,
            pinned: false,
        },
        adapter: AdapterFacts::Registered {
            class: AdapterRiskClass::High,
            capabilities: 2,
        },
        ..RegistryFacts::default()
    };
    assert_eq!(score_claims(&boast).score, 0);
    assert_eq!(
        assess(&facts, &boast),
        assess(&facts, &CallerClaims::default())
    );
}

#[test]
fn what_no_registry_knows_counts_as_the_worst() {
    let nothing = CallerClaims::default();
    let score = |facts: RegistryFacts| assess(&facts, &nothing).factors;
    let unknown = score(RegistryFacts {
        skill: SkillFacts::Unregistered,
        adapter: AdapterFacts::Unclassified { capabilities: 0 },
        ..RegistryFacts::default()
    });
    assert_eq!((unknown.skill_maturity, unknown.adapter_risk), (80, 90));
    for state in [
        SkillState::Draft,
        SkillState::Deprecated,
        SkillState::Active,
    ] {
        let known = score(RegistryFacts {
            skill: SkillFacts::Registered {
                state,
                tested: false,
                pinned: false,
            },
            ..RegistryFacts::default()
        });
        assert!(known.skill_maturity <= unknown.skill_maturity);
    }
}

#[test]
fn tools_that_the_registry_knows_count_though_the_caller_names_none() {
    let facts = RegistryFacts {
        tool_names: vec!["crm:read".to_owned(), "run_command".to_owned()],
        ..RegistryFacts::default()
    };
    let assessment = assess(&facts, &CallerClaims::default());
    assert_eq!(assessment.factors.tool_breadth, 50);
}

#[test]
fn an_adapters_surroundings_and_capabilities_add_to_its_class() {
    let facts = |capabilities| RegistryFacts {
        adapter: AdapterFacts::Registered {
            class: AdapterRiskClass::Low,
            capabilities,
        },
        ..RegistryFacts::default()
    };
    let quiet = CallerClaims::default();
    let loud = CallerClaims {
        external_network: true,
        provenance: Some(Provenance::Marketplace),
        ..CallerClaims::default()
    };
    assert_eq!(assess(&facts(2), &quiet).factors.adapter_risk, 20);
    assert_eq!(assess(&facts(100), &quiet).factors.adapter_risk, 40);
    assert_eq!(assess(&facts(2), &loud).factors.adapter_risk, 70);
}

#[test]
fn levels_begin_where_the_reference_says() {
    let names: Vec<_> = [0, 24, 25, 49, 50, 74, 75, 100]
        .map(|score| RiskLevel::of(score).name())
        .into();
    assert_eq!(
        names,
        [
            "low", "low", "medium", "medium", "high", "high", "critical", "critical"
        ]
    );
}

#[test]
fn temperatures_outside_the_scale_are_refused_and_recorded_ones_read_back() {
    for bad in [-0.1, 2.001, f64::NAN, f64::INFINITY] {
        assert_eq!(Temperature::new(bad), Err(TemperatureError), "{bad}");
    }
    assert_eq!(degrees(1.1).thousandths(), 1_100);
    assert!(serde_json::from_str::<Temperature>("2001").is_err());
}

#[test]
fn a_recorded_assessment_reads_back() {
    let assessment = assess(&RegistryFacts::default(), &example());
    let text = serde_json::to_string(&assessment).expect("JSON");
    assert_eq!(
        serde_json::from_str::<RiskAssessment>(&text).expect("reads"),
        assessment
    );
}

prop_compose! {
    fn some_claims()(
        tool_count in 0u32..12,
        tool_names in prop::collection::vec(prop::sample::select(vec!["Send_Email_now", "crm:read", "run_command", "x"]), 0..4),
        skill_state in prop::option::of(states()),
        (skill_tested, skill_pinned) in any::<(Option<bool>, Option<bool>)>(),
        temperature in prop::option::of(0u16..=2_000),
        data_sensitivity in prop::option::of(sensitivities()),
        flags in 0usize..7,
        adapter_risk_class in prop::option::of(classes()),
        requested_capabilities in 0u32..10,
        (external_network, elevated_privileges, marketplace) in any::<(bool, bool, bool)>(),
    ) -> CallerClaims {
        CallerClaims {
            tool_count,
            tool_names: tool_names.into_iter().map(str::to_owned).collect(),
            skill_state, skill_tested, skill_pinned,
            temperature: temperature.map(|t| Temperature::from_thousandths(t).expect("on the scale")),
            data_sensitivity,
            custom_flags: (0..flags).map(|n| format!("flag-{n}")).collect(),
            adapter_risk_class, requested_capabilities, external_network, elevated_privileges,
            provenance: marketplace.then_some(Provenance::Marketplace),
        }
    }
}

fn states() -> impl Strategy<Value = SkillState> {
    use SkillState as S;
    prop::sample::select(vec![
        S::Draft,
        S::Tested,
        S::Approved,
        S::Active,
        S::Deprecated,
    ])
}

fn classes() -> impl Strategy<Value = AdapterRiskClass> {
    use AdapterRiskClass as C;
    prop::sample::select(vec![C::Low, C::Medium, C::High, C::Critical])
}

fn sensitivities() -> impl Strategy<Value = DataSensitivity> {
    use DataSensitivity as D;
    prop::sample::select(vec![D::None, D::Low, D::Medium, D::High, D::Pii])
}

prop_compose! {
    fn some_facts()(
        skill in prop_oneof![
            Just(SkillFacts::NoSkill),
            Just(SkillFacts::Unregistered),
            (states(), any::<bool>(), any::<bool>()).prop_map(|(state, tested, pinned)| SkillFacts::Registered { state, tested, pinned }),
        ],
        adapter in prop_oneof![
            Just(AdapterFacts::NoAdapter),
            (0u32..9).prop_map(|capabilities| AdapterFacts::Unclassified { capabilities }),
            (classes(), 0u32..9).prop_map(|(class, capabilities)| AdapterFacts::Registered { class, capabilities }),
        ],
        tools in prop::collection::vec(prop::sample::select(vec!["delete_file", "run_command", "y"]), 0..4),
        temperature in prop::option::of(0u16..=2_000),
        data_sensitivity in sensitivities(),
        flags in 0usize..4,
    ) -> RegistryFacts {
        RegistryFacts {
            skill, adapter, data_sensitivity,
            tool_names: tools.into_iter().map(str::to_owned).collect(),
            temperature: temperature.map(|t| Temperature::from_thousandths(t).expect("on the scale")),
            flags: (0..flags).map(|n| format!("ours-{n}")).collect(),
        }
    }
}

/// Every member of `claims` once as `more` has it: the claims with one thing added or changed.
fn with_each(claims: &CallerClaims, more: &CallerClaims) -> Vec<CallerClaims> {
    let set = |change: fn(&mut CallerClaims, CallerClaims)| {
        let mut changed = claims.clone();
        change(&mut changed, more.clone());
        changed
    };
    vec![
        set(|c, m| c.tool_count = c.tool_count.saturating_add(m.tool_count)),
        set(|c, m| c.tool_names.extend(m.tool_names)),
        set(|c, m| c.custom_flags.extend(m.custom_flags)),
        set(|c, m| c.requested_capabilities += m.requested_capabilities),
        set(|c, m| c.external_network |= m.external_network),
        set(|c, m| c.elevated_privileges |= m.elevated_privileges),
        set(|c, m| c.provenance = c.provenance.or(m.provenance)),
        set(|c, m| c.skill_state = c.skill_state.or(m.skill_state)),
        set(|c, m| c.skill_tested = c.skill_tested.or(m.skill_tested)),
        set(|c, m| c.skill_pinned = c.skill_pinned.or(m.skill_pinned)),
        set(|c, m| c.temperature = c.temperature.max(m.temperature)),
        set(|c, m| c.data_sensitivity = c.data_sensitivity.max(m.data_sensitivity)),
        set(|c, m| c.adapter_risk_class = c.adapter_risk_class.max(m.adapter_risk_class)),
    ]
}

fn each(factors: Factors) -> [u8; 6] {
    [
        factors.tool_breadth,
        factors.skill_maturity,
        factors.model_volatility,
        factors.data_sensitivity,
        factors.custom_factors,
        factors.adapter_risk,
    ]
}

proptest! {
    #[test]
    fn no_claim_ever_lowers_a_factor_the_score_or_the_level(facts in some_facts(), claims in some_claims(), more in some_claims()) {
        let before = assess(&facts, &claims);
        for raised in with_each(&claims, &more) {
            let after = assess(&facts, &raised);
            prop_assert!(before.score <= after.score && before.level <= after.level, "{before:?} {after:?}");
            for (before, after) in each(before.factors).iter().zip(each(after.factors)) {
                prop_assert!(*before <= after, "{claims:?} {raised:?}");
            }
        }
    }

    #[test]
    fn silence_is_never_worse_than_anything_a_caller_could_say(facts in some_facts(), claims in some_claims()) {
        let silent = assess(&facts, &CallerClaims::default());
        prop_assert!(silent.score <= assess(&facts, &claims).score);
    }

    #[test]
    fn a_score_and_its_factors_stay_on_the_scale(facts in some_facts(), claims in some_claims()) {
        let assessment = assess(&facts, &claims);
        prop_assert!(assessment.score <= 100);
        prop_assert!(each(assessment.factors).iter().all(|factor| *factor <= 100));
    }
}
