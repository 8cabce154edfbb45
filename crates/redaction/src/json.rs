//! Redaction of JSON values: strings, names of members, and whatever a sensitive name stands for.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::{Counts, Entity, Redactor};

/// Endings of member names, without joints and in lower case, whose values are secrets whatever they look like.
const SENSITIVE_ENDINGS: [&str; 19] = [
    "password",
    "passwd",
    "passphrase",
    "passcode",
    "pwd",
    "secret",
    "secretkey",
    "apikey",
    "accesskey",
    "accesskeyid",
    "privatekey",
    "signingkey",
    "token",
    "authorization",
    "credential",
    "credentials",
    "cookie",
    "sessionkeysecret",
    "clientsecret",
];

impl Redactor {
    /// Replaces sensitive values everywhere in `value`. Below a name such as `password` every string and number is one.
    ///
    /// Numbers under a name that ends in `token` stay: they are counts.
    #[must_use]
    pub fn redact_json(&self, value: Value) -> (Value, Counts) {
        let mut counts = Counts::default();
        let value = self.walk(value, Name::Plain, &mut counts);
        (value, counts)
    }

    fn walk(&self, value: Value, name: Name, counts: &mut Counts) -> Value {
        match value {
            Value::String(text) if name != Name::Plain => Value::String(self.secret(text, counts)),
            Value::String(text) => Value::String(self.string(text, counts)),
            Value::Number(number) if name == Name::Secret => {
                Value::String(self.secret(number.to_string(), counts))
            }
            // Integers long enough for a card number are read as text; everything shorter is a quantity.
            Value::Number(number) if number.as_u64().is_some_and(|n| n >= 1_000_000_000_000) => {
                let redacted = self.redact(&number.to_string()).into_owned_if_changed();
                match redacted {
                    Some((text, findings)) => {
                        counts.add_findings(&findings);
                        Value::String(text)
                    }
                    None => Value::Number(number),
                }
            }
            Value::Array(items) => Value::Array(
                items
                    .into_iter()
                    .map(|item| self.walk(item, name, counts))
                    .collect(),
            ),
            Value::Object(members) => Value::Object(self.members(members, name, counts)),
            other => other,
        }
    }

    fn members(
        &self,
        members: Map<String, Value>,
        outer: Name,
        counts: &mut Counts,
    ) -> Map<String, Value> {
        let mut out = Map::with_capacity(members.len());
        for (key, value) in members {
            let name = Name::of(&key).max(outer);
            let value = self.walk(value, name, counts);
            let key = self.string(key, counts);
            out.insert(unused(&out, key), value);
        }
        out
    }

    fn string(&self, text: String, counts: &mut Counts) -> String {
        match self.redact(&text).into_owned_if_changed() {
            Some((redacted, findings)) => {
                counts.add_findings(&findings);
                redacted
            }
            None => text,
        }
    }

    fn secret(&self, text: String, counts: &mut Counts) -> String {
        if text.is_empty() || crate::strategy::is_replacement(&text) {
            return text;
        }
        counts.add(Entity::Secret);
        let mut out = String::new();
        self.strategy().write(&mut out, Entity::Secret, true, &text);
        out
    }
}

impl crate::Redacted<'_> {
    /// The text and findings if something was replaced.
    fn into_owned_if_changed(self) -> Option<(String, Vec<crate::Finding>)> {
        match self.text {
            Cow::Borrowed(_) => None,
            Cow::Owned(text) => Some((text, self.findings)),
        }
    }
}

/// What a member's name says about its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Name {
    Plain,
    /// Strings are secret, numbers are counts.
    Token,
    Secret,
}

impl Name {
    fn of(key: &str) -> Self {
        // The longest ending has sixteen letters; a long name is data, and only its end matters.
        if !key.is_ascii() || key.len() > 128 {
            return Self::Plain;
        }
        let bare: String = key
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .map(|c| c.to_ascii_lowercase())
            .collect();
        match SENSITIVE_ENDINGS
            .iter()
            .find(|ending| bare.ends_with(**ending))
        {
            None => Self::Plain,
            Some(&"token") => Self::Token,
            Some(_) => Self::Secret,
        }
    }
}

/// `key`, numbered if two redacted names have become the same, so that no member is lost.
fn unused(members: &Map<String, Value>, key: String) -> String {
    if !members.contains_key(&key) {
        return key;
    }
    let mut number = 2_usize;
    while members.contains_key(&format!("{key} ({number})")) {
        number += 1;
    }
    format!("{key} ({number})")
}
