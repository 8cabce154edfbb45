//! Takes personal data and secrets out of spans, before anything of them is kept.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use clasper_privacy::{Privacy, RedactionFailed};
use clasper_redaction::Counts;
use serde_json::{Map, Value, json};

use crate::attributes::plain;

/// Members of spans, events, links, resources and scopes that OTLP names. The names of others could say anything.
const KNOWN: [&str; 24] = [
    "attributes",
    "droppedAttributesCount",
    "droppedEventsCount",
    "droppedLinksCount",
    "endTimeUnixNano",
    "entityRefs",
    "events",
    "flags",
    "kind",
    "links",
    "name",
    "parentSpanId",
    "resource",
    "resource_schema_url",
    "schema_url",
    "scope",
    "spanId",
    "startTimeUnixNano",
    "status",
    "timeUnixNano",
    "traceId",
    "traceState",
    "value",
    "version",
];

/// The redaction of one span and what it came from.
#[derive(Debug)]
pub(crate) struct Mask<'p> {
    privacy: &'p Privacy,
    found: Counts,
}

impl<'p> Mask<'p> {
    pub(crate) fn new(privacy: &'p Privacy) -> Self {
        Self {
            privacy,
            found: Counts::default(),
        }
    }

    /// How often each kind was found.
    pub(crate) fn counts(&self) -> BTreeMap<String, u32> {
        let counts = self.found.iter();
        counts
            .map(|(entity, n)| {
                let n = u32::try_from(n).unwrap_or(u32::MAX);
                (entity.name().to_owned(), n)
            })
            .collect()
    }

    fn json(&mut self, value: &mut Value) -> Result<(), RedactionFailed> {
        let (redacted, found) = self.privacy.json(value.take())?;
        self.found.merge(&found);
        *value = redacted;
        Ok(())
    }

    /// Whatever has attributes: a span, an event, a link, a resource, a scope.
    pub(crate) fn owner(&mut self, owner: &mut Value) -> Result<(), RedactionFailed> {
        let Value::Object(members) = owner else {
            return self.json(owner);
        };
        for (name, value) in members.iter_mut() {
            match &**name {
                "traceId" | "spanId" | "parentSpanId" if is_made_of(value, hex_digit) => {}
                "startTimeUnixNano" | "endTimeUnixNano" | "timeUnixNano"
                    if value.is_u64() || is_made_of(value, decimal_digit) => {}
                "attributes" => self.attributes(value)?,
                "events" | "links" => self.owners(value)?,
                "resource" | "scope" => self.owner(value)?,
                _ => self.json(value)?,
            }
        }
        if members.keys().any(|name| !KNOWN.contains(&name.as_str())) {
            // Their values have been seen to; their names have not.
            let mut all = Value::Object(Map::new());
            let (known, others): (Map<_, _>, Map<_, _>) = std::mem::take(members)
                .into_iter()
                .partition(|(name, _)| KNOWN.contains(&name.as_str()));
            let mut others = Value::Object(others);
            self.json(&mut others)?;
            if let (Value::Object(all), Value::Object(others)) = (&mut all, others) {
                all.extend(known);
                all.extend(others);
            }
            *owner = all;
        }
        Ok(())
    }

    fn owners(&mut self, list: &mut Value) -> Result<(), RedactionFailed> {
        match list {
            Value::Array(items) => items.iter_mut().try_for_each(|item| self.owner(item)),
            other => self.json(other),
        }
    }

    fn attributes(&mut self, list: &mut Value) -> Result<(), RedactionFailed> {
        match list {
            Value::Array(items) => items.iter_mut().try_for_each(|item| self.attribute(item)),
            other => self.json(other),
        }
    }

    /// One attribute: its value is looked at under its key, as a member of an object would be.
    fn attribute(&mut self, attribute: &mut Value) -> Result<(), RedactionFailed> {
        let Value::Object(members) = attribute else {
            return self.json(attribute);
        };
        let Some(key) = members.get("key").and_then(Value::as_str) else {
            return self.json(attribute);
        };
        let key = key.to_owned();
        let any = members.get_mut("value").map(Value::take);
        let (key, any) = self.named(key, any.unwrap_or_default())?;
        for (name, value) in members.iter_mut() {
            match &**name {
                "key" | "value" => {}
                _ => self.json(value)?,
            }
        }
        members.insert("key".to_owned(), Value::String(key));
        if !any.is_null() {
            members.insert("value".to_owned(), any);
        }
        Ok(())
    }

    /// A key and a value of OTLP as they may be kept.
    fn named(&mut self, key: String, mut any: Value) -> Result<(String, Value), RedactionFailed> {
        if let Some(text @ Value::String(_)) = only(&mut any, "stringValue") {
            let text = text.take();
            let (key, text) = self.member(key, text)?;
            return Ok((key, json!({"stringValue": text})));
        }
        if let Some(bytes) = only(&mut any, "bytesValue").and_then(|value| bytes(value)) {
            // Bytes that are text are looked at as text.
            if let Ok(text) = String::from_utf8(bytes) {
                let (key, seen) = self.member(key, Value::String(text.clone()))?;
                if seen.as_str() != Some(&text) {
                    let seen = seen.as_str().unwrap_or_default();
                    any = json!({"bytesValue": BASE64_STANDARD.encode(seen)});
                }
                return Ok((key, any));
            }
        }
        let before = plain(&any);
        let (key, after) = self.member(key, before.clone())?;
        if after != before {
            return Ok((key, any_of(after)));
        }
        // What a list or a map holds beside its values is no value, and is seen here.
        if !matches!(before, Value::Bool(_) | Value::Number(_)) {
            self.json(&mut any)?;
        }
        Ok((key, any))
    }

    /// A member of an object, redacted: names say what values are.
    fn member(&mut self, key: String, value: Value) -> Result<(String, Value), RedactionFailed> {
        let mut object = Value::Object(Map::from_iter([(key, value)]));
        self.json(&mut object)?;
        let Value::Object(members) = object else {
            return Err(RedactionFailed::Engine);
        };
        members.into_iter().next().ok_or(RedactionFailed::Engine)
    }
}

/// The value of `any` when it is of this kind and has nothing else.
fn only<'v>(any: &'v mut Value, kind: &str) -> Option<&'v mut Value> {
    let members = any.as_object_mut()?;
    if members.len() == 1 {
        members.get_mut(kind)
    } else {
        None
    }
}

/// Bytes as base64 or as a list of numbers.
fn bytes(value: &Value) -> Option<Vec<u8>> {
    match value {
        Value::String(text) => BASE64_STANDARD.decode(text).ok(),
        Value::Array(items) => {
            let byte = |item: &Value| u8::try_from(item.as_u64()?).ok();
            items.iter().map(byte).collect()
        }
        _ => None,
    }
}

/// Plain JSON as a value of OTLP.
fn any_of(plain: Value) -> Value {
    match plain {
        Value::Null => json!({}),
        Value::Bool(flag) => json!({"boolValue": flag}),
        Value::Number(number) if number.is_f64() => json!({"doubleValue": number}),
        Value::Number(number) => json!({"intValue": number.to_string()}),
        Value::String(text) => json!({"stringValue": text}),
        Value::Array(items) => {
            let values: Vec<_> = items.into_iter().map(any_of).collect();
            json!({"arrayValue": {"values": values}})
        }
        Value::Object(members) => {
            let pair = |(key, value)| json!({"key": key, "value": any_of(value)});
            let values: Vec<_> = members.into_iter().map(pair).collect();
            json!({"kvlistValue": {"values": values}})
        }
    }
}

const fn hex_digit(byte: u8) -> bool {
    byte.is_ascii_hexdigit()
}

const fn decimal_digit(byte: u8) -> bool {
    byte.is_ascii_digit()
}

/// Whether it is a short text of such characters only.
fn is_made_of(value: &Value, fits: fn(u8) -> bool) -> bool {
    let text = value.as_str();
    text.is_some_and(|text| text.len() <= 32 && text.bytes().all(fits))
}

#[cfg(test)]
mod tests {
    use clasper_redaction::{RedactionConfig, Redactor};

    use super::*;

    fn redacted(mut span: Value) -> (Value, BTreeMap<String, u32>) {
        let privacy = Privacy::plain(Redactor::standard());
        let mut mask = Mask::new(&privacy);
        mask.owner(&mut span).expect("rules that work");
        (span, mask.counts())
    }

    fn text(key: &str, value: &str) -> Value {
        json!({"key": key, "value": {"stringValue": value}})
    }

    #[test]
    fn what_holds_nothing_is_kept_as_it_came() {
        let span = json!({
            "traceId": "5b8efff798038103d269b633813fc60c", "spanId": "eee19b7ec3c1b174", "parentSpanId": "",
            "name": "chat gpt-4o", "kind": 3, "flags": 257, "traceState": "a=b",
            "startTimeUnixNano": "1544712660000000000", "endTimeUnixNano": 1_544_712_661_500_000_000_u64,
            "attributes": [
                text("gen_ai.request.model", "claude-3-5-sonnet-20241022"),
                text("gen_ai.response.model", "gpt-4o-2024-08-06"),
                text("gen_ai.response.id", "chatcmpl-AbC123xyz"),
                {"key": "gen_ai.usage.input_tokens", "value": {"intValue": "120"}},
                {"key": "gen_ai.request.temperature", "value": {"doubleValue": 0.5}},
                {"key": "nested", "value": {"kvlistValue": {"values": [{"key": "ä", "value": {"arrayValue": {"values": [{"boolValue": true}, {"bytesValue": "AAE="}]}}}]}}},
                {"key": "empty", "value": {}},
                {"key": "twice", "value": {"intValue": "1"}}, {"key": "twice", "value": {"intValue": "2"}},
            ],
            "events": [{"timeUnixNano": "1", "name": "gen_ai.choice", "attributes": [{"key": "index", "value": {"intValue": "0"}}]}],
            "links": [{"traceId": "0102", "spanId": "03", "attributes": []}],
            "status": {"code": 2, "message": "timeout"}, "fromTheFuture": {"x": [1.5]},
        });
        assert_eq!(redacted(span.clone()), (span, BTreeMap::new()));
    }

    #[test]
    fn nothing_of_a_value_is_left_wherever_it_stands() {
        let mail = "bob@example.com";
        let any = |kind: &str, value: Value| json!({"key": "k", "value": {kind: value}});
        let bytes = BASE64_STANDARD.encode(mail);
        for span in [
            json!({"name": format!("mail to {mail}")}),
            json!({"traceState": mail, "parentSpanId": mail}),
            json!({"traceId": mail, "spanId": mail, "startTimeUnixNano": mail}),
            json!({"status": {"message": mail}}),
            json!({mail: 1}),
            json!({"fromTheFuture": {"x": [mail]}}),
            json!({"attributes": [text(mail, "x")]}),
            json!({"attributes": [text("k", mail)]}),
            json!({"attributes": mail}),
            json!({"attributes": [mail, {"noKey": mail}, {"key": "k", "value": {"stringValue": "x"}, "more": mail}]}),
            json!({"attributes": [any("intValue", json!(mail)), any("unheardOf", json!(mail))]}),
            json!({"attributes": [any("bytesValue", json!(bytes)), any("bytesValue", json!(mail.as_bytes()))]}),
            json!({"attributes": [any("arrayValue", json!({"values": [{"stringValue": mail}], "more": mail}))]}),
            json!({"attributes": [any("kvlistValue", json!({"values": [{"key": mail, "value": {"stringValue": mail}}]}))]}),
            json!({"attributes": [{"key": "k", "value": {"stringValue": "x", "boolValue": mail}}]}),
            json!({"events": [{"name": mail, "attributes": [text("gen_ai.prompt", mail)]}], "links": [{"attributes": [text("k", mail)], "traceState": mail}]}),
            json!({"resource": {"attributes": [text("host", mail)]}, "scope": {"name": mail, "attributes": [text("k", mail)]}}),
            json!([mail]),
        ] {
            let (kept, found) = redacted(span.clone());
            let kept = kept.to_string();
            assert!(!kept.contains("bob") && !kept.contains(&bytes), "{kept}");
            assert!(!kept.contains("98,111,98"), "{kept}");
            assert!(found.get("EMAIL").is_some_and(|n| *n > 0), "{span}");
        }
    }

    #[test]
    fn a_key_says_what_its_value_is() {
        let (kept, _) = redacted(json!({"attributes": [
            text("http.request.header.authorization", "xyzzy"),
            text("db.password", "hunter2"),
            {"key": "user.ssn", "value": {"intValue": "123456789"}},
            {"key": "credentials", "value": {"kvlistValue": {"values": [{"key": "of", "value": {"stringValue": "xyzzy"}}]}}},
        ]}));
        let said = kept.to_string();
        for secret in ["xyzzy", "hunter2", "123456789"] {
            assert!(!said.contains(secret), "{said}");
        }
        assert_eq!(
            kept["attributes"][2],
            text("user.ssn", "[SSN]"),
            "a number that is redacted is text then"
        );
    }

    #[test]
    fn the_tenants_own_patterns_count() {
        let config = "custom: [{ name: EMPLOYEE_ID, pattern: '\\bEMP-[0-9]{6}\\b' }]";
        let config = RedactionConfig::from_yaml(config).expect("a configuration");
        let privacy = Privacy::of(&config, Redactor::standard(), None).expect("rules");
        let mut mask = Mask::new(&privacy);
        let mut span = json!({"attributes": [text("gen_ai.prompt.0.content", "ask EMP-123456")]});
        mask.owner(&mut span).expect("rules that work");
        assert_eq!(
            span["attributes"][0]["value"]["stringValue"],
            "ask [EMPLOYEE_ID]"
        );
        assert_eq!(mask.counts().values().sum::<u32>(), 1);
    }
}
