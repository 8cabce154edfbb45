//! US dollars on the wire: a JSON number with exactly the digits of the amount.

use clasper_core::{Usd, UsdError};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};
use serde_json::value::RawValue;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, SchemaType, Type};
use utoipa::{Number, PartialSchema, ToSchema};

/// An amount of US dollars, exact to the billionth. Written as a JSON number without an exponent; read from a number or
/// from a decimal string, digit by digit, so that floating point is not on the way. What lies below a billionth is
/// rounded up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Amount(pub Usd);

impl From<Usd> for Amount {
    fn from(usd: Usd) -> Self {
        Self(usd)
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        RawValue::from_string(self.0.to_string())
            .map_err(ser::Error::custom)?
            .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        let text = raw.get();
        if text.starts_with('"') {
            let text: String = serde_json::from_str(text).map_err(de::Error::custom)?;
            return parse(&text);
        }
        parse(text)
    }
}

impl PartialSchema for Amount {
    fn schema() -> RefOr<Schema> {
        described(SchemaType::Type(Type::Number))
    }
}

impl ToSchema for Amount {}

/// The schema of amounts in bodies, where a decimal string is as good as a number.
pub(crate) fn number_or_text() -> RefOr<Schema> {
    described([Type::Number, Type::String].into_iter().collect())
}

fn described(kind: SchemaType) -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(kind)
        .minimum(Some(Number::from(0)))
        .description(Some("US dollars, exact to the billionth"))
        .examples([serde_json::json!(0.0225)])
        .into()
}

/// Reads an amount of a query string, where everything is text.
pub(crate) fn from_text<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Amount>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    text.as_deref().map(parse).transpose()
}

/// Reads an amount that must be more than nothing.
pub(crate) fn positive<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Amount, D::Error> {
    let amount = Amount::deserialize(deserializer)?;
    if amount.0.is_zero() {
        return Err(de::Error::custom("must be greater than zero"));
    }
    Ok(amount)
}

fn parse<E: de::Error>(text: &str) -> Result<Amount, E> {
    // The decimal reader is more liberal than JSON: it takes underscores, for one.
    let plain = |b: u8| b.is_ascii_digit() || b"+-.eE".contains(&b);
    let begins = text
        .bytes()
        .next()
        .is_some_and(|b| b.is_ascii_digit() || b == b'-');
    if !begins || !text.bytes().all(plain) {
        return Err(E::custom(UsdError::NotANumber));
    }
    text.parse().map(Amount).map_err(E::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_keeps_its_digits_both_ways() {
        for (text, nanos) in [
            ("0.0225", 22_500_000),
            ("0.000000001", 1),
            ("9000000000.000000001", 9_000_000_000_000_000_001),
            ("0", 0),
            ("12", 12_000_000_000),
        ] {
            let amount: Amount = serde_json::from_str(text).expect("an amount");
            assert_eq!(amount.0.nanos(), nanos, "{text}");
            assert_eq!(serde_json::to_string(&amount).expect("a number"), text);
            let quoted: Amount = serde_json::from_str(&format!("\"{text}\"")).expect("an amount");
            assert_eq!(quoted, amount);
        }
    }

    #[test]
    fn other_ways_to_write_the_same_number_are_read() {
        for text in ["2.25e-2", "0.022500", "225E-4"] {
            let amount: Amount = serde_json::from_str(text).expect("an amount");
            assert_eq!(amount.0.nanos(), 22_500_000, "{text}");
        }
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        for text in [
            "-0.01",
            "\"-1\"",
            "1e30",
            "99999999999",
            "\"\"",
            "\"1_000\"",
            "\"NaN\"",
            "\"inf\"",
            "true",
            "null",
            "[]",
            "{}",
            "\" 1\"",
            "\"+1\"",
            "\"0x1\"",
            "1e400",
        ] {
            assert!(serde_json::from_str::<Amount>(text).is_err(), "{text}");
        }
    }
}
