//! Canonical JSON beside an independent implementation of RFC 8785.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::*;

/// The worked example of the reference, section 14.3.
#[test]
fn the_reference_example_has_its_known_hash() {
    let value = serde_json::json!({"b": 1, "a": [{"d": 1, "c": 2}]});
    let canonical = canonical_json(&value).expect("plain JSON");
    assert_eq!(canonical.as_str(), r#"{"a":[{"c":2,"d":1}],"b":1}"#);
    assert_eq!(
        canonical.digest().to_string(),
        "sha256:af94ade43ccb3c3721fc7e9cbe535985701186147475d5874567a37d66a875a1"
    );
}

#[test]
fn numbers_take_the_form_of_ecmascript() {
    let value = serde_json::json!([1e21, -0.0, 0.000_001, 1e-7, 333_333_333.333_333_3]);
    let canonical = canonical_json(&value).expect("plain JSON");
    assert_eq!(
        canonical.as_str(),
        "[1e+21,0,0.000001,1e-7,333333333.3333333]"
    );
}

#[test]
fn a_digest_survives_its_text_form() {
    let digest = Sha256Digest::of(b"x");
    assert_eq!(digest.to_string().parse(), Ok(digest));
}

fn any_json() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        "[ -~]{0,12}",
        "\\PC{0,8}",
        Just("\u{0}\u{8}\t\n\u{c}\r\u{1f}\"\\/\u{7f}\u{e000}\u{10000}".to_owned())
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        (-1000_i32..1000).prop_map(|n| Value::from(f64::from(n) / 8.0)),
        text.clone().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 64, 8, move |inner| {
        let members = proptest::collection::vec((text.clone(), inner.clone()), 0..8);
        prop_oneof![
            proptest::collection::vec(inner, 0..8).prop_map(Value::from),
            members.prop_map(|members| Value::from(members.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

proptest! {
    #[test]
    fn every_value_has_the_text_that_others_give_it(value in any_json()) {
        let theirs = serde_json_canonicalizer::to_string(&value).expect("a value");
        let ours = canonical_json(&value).expect("a value");
        prop_assert_eq!(ours.as_str(), theirs);
    }
}

#[derive(Serialize)]
enum Shape {
    Unit,
    Newtype(u8),
    Tuple(u8, char),
    Struct { z: f32, a: Option<bool> },
}

#[derive(Serialize)]
struct Everything<'a> {
    shapes: Vec<Shape>,
    numbers: BTreeMap<i16, &'a [u8]>,
    flags: BTreeMap<bool, Option<u8>>,
    letters: BTreeMap<char, i64>,
    pair: (u64, String),
    raw: Box<serde_json::value::RawValue>,
    #[serde(flatten)]
    more: BTreeMap<&'a str, Value>,
}

#[test]
fn what_is_not_a_value_yet_has_the_text_that_others_give_it() {
    let raw = serde_json::value::RawValue::from_string(r#"{"b": 1.50, "a": []}"#.to_owned());
    let everything = Everything {
        shapes: vec![
            Shape::Unit,
            Shape::Newtype(7),
            Shape::Tuple(1, '\u{1f600}'),
            Shape::Struct { z: 0.1, a: None },
        ],
        numbers: BTreeMap::from([(-3, b"ab".as_slice()), (20, b"")]),
        flags: BTreeMap::from([(true, None)]),
        letters: BTreeMap::from([('z', i64::MIN), ('a', -1)]),
        pair: (u64::MAX, "\u{2028}</script>".to_owned()),
        raw: raw.expect("JSON"),
        more: BTreeMap::from([
            ("z", json!({"y": 1, "x": 2})),
            ("\u{10000}", json!(1)),
            ("\u{e000}", json!(2)),
        ]),
    };
    let value = serde_json::to_value(&everything).expect("a value");
    let theirs = serde_json_canonicalizer::to_string(&value).expect("a value");
    assert_eq!(
        canonical_json(&everything).expect("a value").as_str(),
        theirs
    );
}

#[test]
fn what_has_no_form_is_refused() {
    assert!(canonical_json(&f64::NAN).is_err());
    assert!(canonical_json(&[f32::INFINITY]).is_err());
    assert!(canonical_json(&BTreeMap::from([(vec![1], 1)])).is_err());
    assert!(canonical_json(&BTreeMap::from([((), 1)])).is_err());
}

#[derive(Serialize)]
struct Twice {
    name: u8,
    #[serde(flatten)]
    more: BTreeMap<&'static str, u8>,
}

#[test]
fn a_member_that_is_named_twice_is_refused() {
    let twice = Twice {
        name: 1,
        more: BTreeMap::from([("b", 2), ("name", 3)]),
    };
    let error = canonical_json(&twice).expect_err("two answers to one question");
    assert!(error.to_string().contains("twice"), "{error}");
}
