//! Attributes of OTLP's JSON, found by the names that conventions have given them over time.

use std::borrow::Cow;
use std::collections::HashMap;

use serde_json::Value;

/// Attributes by key.
pub(crate) struct Attributes<'a>(HashMap<&'a str, &'a Value>);

impl<'a> Attributes<'a> {
    /// Those of a span, resource or scope.
    pub(crate) fn of(owner: &'a Value) -> Self {
        let list = owner.get("attributes").and_then(Value::as_array);
        let pair = |attribute: &'a Value| {
            let key = attribute.get("key")?.as_str()?;
            Some((key, attribute.get("value")?))
        };
        Self(list.into_iter().flatten().filter_map(pair).collect())
    }

    /// The first of `names` that is there.
    fn first(&self, names: &[&str]) -> Option<&'a Value> {
        names.iter().find_map(|name| self.0.get(name)).copied()
    }

    /// It as text: numbers and flags are written, other values are JSON.
    pub(crate) fn text(&self, names: &[&str]) -> Option<String> {
        let text = match plain(self.first(names)?) {
            Value::String(text) => text,
            other => other.to_string(),
        };
        (!text.is_empty()).then(|| storable(&text).into_owned())
    }

    /// It as a count.
    pub(crate) fn count(&self, names: &[&str]) -> Option<u64> {
        match plain(self.first(names)?) {
            Value::Number(number) => number.as_u64().or_else(|| whole(number.as_f64()?)),
            Value::String(text) => text.parse().ok(),
            _ => None,
        }
    }

    /// Its first text, when it is a list, else itself.
    pub(crate) fn first_text(&self, names: &[&str]) -> Option<String> {
        match plain(self.first(names)?) {
            Value::Array(items) => items.first()?.as_str().map(ToOwned::to_owned),
            Value::String(text) => Some(text),
            _ => None,
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a whole number within the range of counts that matter"
)]
fn whole(number: f64) -> Option<u64> {
    (number.fract() == 0.0 && (0.0..9e15).contains(&number)).then_some(number as u64)
}

/// A value of OTLP as plain JSON.
pub(crate) fn plain(any: &Value) -> Value {
    let Some((kind, value)) = any.as_object().and_then(|members| members.iter().next()) else {
        return Value::Null;
    };
    match &**kind {
        "intValue" => match value {
            Value::String(text) => text
                .parse::<i64>()
                .map_or_else(|_| value.clone(), Value::from),
            other => other.clone(),
        },
        "arrayValue" => {
            let items = value.get("values").and_then(Value::as_array);
            items.into_iter().flatten().map(plain).collect()
        }
        "kvlistValue" => {
            let pairs = value.get("values").and_then(Value::as_array);
            let pair = |pair: &Value| {
                let key = pair.get("key")?.as_str()?.to_owned();
                Some((key, plain(pair.get("value")?)))
            };
            Value::Object(pairs.into_iter().flatten().filter_map(pair).collect())
        }
        _ => value.clone(),
    }
}

/// Text that both databases store: one of them knows no U+0000.
pub(crate) fn storable(text: &str) -> Cow<'_, str> {
    if text.contains('\0') {
        Cow::Owned(text.replace('\0', "\u{fffd}"))
    } else {
        Cow::Borrowed(text)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_of_every_kind_are_read() {
        let owner = json!({"attributes": [
            {"key": "t", "value": {"stringValue": "a\u{0}b"}},
            {"key": "i", "value": {"intValue": "12"}},
            {"key": "n", "value": {"intValue": 13}},
            {"key": "d", "value": {"doubleValue": 14.0}},
            {"key": "l", "value": {"arrayValue": {"values": [{"stringValue": "stop"}]}}},
            {"key": "o", "value": {"kvlistValue": {"values": [{"key": "x", "value": {"boolValue": true}}]}}},
            {"key": "empty", "value": {}},
        ]});
        let found = Attributes::of(&owner);
        assert_eq!(found.text(&["missing", "t"]).as_deref(), Some("a\u{fffd}b"));
        assert_eq!(found.count(&["i"]), Some(12));
        assert_eq!(
            (found.count(&["n"]), found.count(&["d"])),
            (Some(13), Some(14))
        );
        assert_eq!(found.first_text(&["l"]).as_deref(), Some("stop"));
        assert_eq!(found.text(&["o"]).as_deref(), Some("{\"x\":true}"));
        assert_eq!(found.count(&["empty"]), None);
    }
}
