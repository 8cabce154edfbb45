//! Tests of the price table.

use rust_decimal::Decimal;

use super::*;
use crate::price::TokenCounts;

fn tariff(input: &str, output: &str) -> Tariff {
    Tariff {
        input_usd_per_million: input.parse().expect("a decimal"),
        output_usd_per_million: output.parse().expect("a decimal"),
        cached_input_usd_per_million: None,
    }
}

#[test]
fn the_shipped_list_is_readable_and_every_price_in_it_is_usable() {
    let table = PriceTable::from_json(SHIPPED).expect("readable");
    assert!(table.0.len() >= 33, "{}", table.0.len());
    for (model, tariff) in &table.0 {
        let many = TokenCounts {
            input: 1_000_000,
            cached_input: 500_000,
            output: 1_000_000,
        };
        assert!(tariff.cost(many).is_ok(), "{model}");
        assert!(tariff.output_usd_per_million > Decimal::ZERO, "{model}");
        let cached = tariff.cached_input_usd_per_million;
        assert!(
            cached.is_none_or(|price| price <= tariff.input_usd_per_million),
            "{model}"
        );
    }
}

#[test]
fn every_name_of_the_references_table_has_its_price() {
    let table = PriceTable::listed();
    for (model, input, output) in [
        ("gpt-4o", "2.5", "10"),
        ("gpt-4", "30", "60"),
        ("gpt-3.5-turbo-16k", "3", "4"),
        ("claude-opus-4-20250514", "15", "75"),
        ("claude-3-5-haiku-20241022", "0.8", "4"),
        ("gemini-2.0-flash-thinking", "0.1", "0.4"),
        ("grok-2-mini", "0.2", "1"),
        ("mixtral-8x7b-32768", "0.24", "0.24"),
        ("codestral-latest", "0.3", "0.9"),
    ] {
        let (name, found) = table.prices().resolve(None, model).expect(model);
        assert!(name.ends_with(model));
        assert_eq!(found.model_price(), tariff(input, output).model_price());
    }
}

#[test]
fn a_model_without_a_price_is_refused_with_what_to_add() {
    for (provider, model, name) in [
        (None, "gpt-99", "gpt-99"),
        (Some("openai"), "gpt-99", "openai/gpt-99"),
        (
            Some("openrouter"),
            "openai/gpt-4o",
            "openrouter/openai/gpt-4o",
        ),
    ] {
        let error = PriceTable::listed()
            .prices()
            .resolve(provider, model)
            .expect_err("unknown");
        let text = error.to_string();
        assert!(text.contains(&format!("[prices.\"{name}\"]")), "{text}");
    }
}

#[test]
fn a_name_means_the_same_however_its_provider_is_given() {
    let table = PriceTable::listed();
    for (provider, model) in [
        (None, "openai/gpt-4o"),
        (None, "gpt-4o"),
        (Some("openai"), "gpt-4o"),
        (Some("openai"), "openai/gpt-4o"),
    ] {
        let (name, _) = table.prices().resolve(provider, model).expect("listed");
        assert_eq!(name, "openai/gpt-4o");
    }
}

#[test]
fn a_tenants_own_price_counts_before_the_tables() {
    let table = PriceTable::listed();
    let mut own = PriceOverrides::default();
    own.set("openai/gpt-4o", tariff("1", "4"))
        .expect("sensible");
    assert_eq!(
        table.under(&own).tariff("openai/gpt-4o"),
        Ok(tariff("1", "4"))
    );
    assert_ne!(table.prices().tariff("openai/gpt-4o"), Ok(tariff("1", "4")));
    assert_eq!(own.remove("openai/gpt-4o"), Some(tariff("1", "4")));
    assert_eq!(
        table.under(&own).tariff("openai/gpt-4o"),
        table.tariff("openai/gpt-4o")
    );
}

#[test]
fn a_bare_name_that_several_providers_have_is_refused_with_their_names() {
    let table = PriceTable::listed();
    let mut own = PriceOverrides::default();
    own.set("azure/gpt-4o", tariff("1", "4")).expect("sensible");
    let error = table.under(&own).resolve(None, "gpt-4o").expect_err("two");
    assert!(error.to_string().ends_with("azure/gpt-4o, openai/gpt-4o"));
}

#[test]
fn senseless_prices_are_refused_wherever_they_come_from() {
    let below = tariff("-1", "4");
    let mut table = PriceTable::listed();
    assert_eq!(table.set_tariff("a/b", below), Err(PriceError::OutOfRange));
    let mut own = PriceOverrides::default();
    assert_eq!(own.set("a/b", below), Err(PriceError::OutOfRange));
    assert!(own.set("bare", tariff("1", "4")).is_err());
    for bad in [
        r#"{"prices": {"a/b": {"input_usd_per_million": "-1", "output_usd_per_million": "1"}}}"#,
        r#"{"prices": {"bare": {"input_usd_per_million": "1", "output_usd_per_million": "1"}}}"#,
        r#"{"prices": {"a/b": {"input_usd_per_million": "1", "outptu_usd_per_million": "1"}}}"#,
        r#"{"prices": {}, "price": {}}"#,
    ] {
        assert!(PriceTable::from_json(bad).is_err(), "{bad}");
    }
}
