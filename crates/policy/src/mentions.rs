//! What policies name: the subjects, resources and actions that are worth asking about.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::effective::EffectivePolicy;

/// What the policies in force name. Nothing is known beyond it: a policy that allows everybody names nobody.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mentions {
    /// Entities, as type and id.
    pub entities: BTreeSet<(String, String)>,
    /// Texts that attributes of the context are compared with, by attribute.
    pub texts: BTreeMap<String, BTreeSet<String>>,
}

impl Mentions {
    /// The ids of the entities of this type.
    pub fn entities_of(&self, kind: &str) -> impl Iterator<Item = &str> {
        self.entities
            .iter()
            .filter(move |(known, _)| known == kind)
            .map(|(_, id)| id.as_str())
    }

    /// The texts that the attribute is compared with.
    pub fn texts_of(&self, attribute: &str) -> impl Iterator<Item = &str> {
        let texts = self.texts.get(attribute);
        texts.into_iter().flatten().map(String::as_str)
    }

    fn read(&mut self, node: &Value) {
        match node {
            Value::Array(items) => items.iter().for_each(|item| self.read(item)),
            Value::Object(object) => {
                if let Some((kind, id)) = entity(node) {
                    self.entities.insert((kind.to_owned(), id.to_owned()));
                    return;
                }
                for (operator, operands) in object {
                    if matches!(
                        operator.as_str(),
                        "==" | "contains" | "containsAny" | "containsAll"
                    ) {
                        self.compare(operands);
                    }
                    self.read(operands);
                }
            }
            _ => {}
        }
    }

    fn compare(&mut self, operands: &Value) {
        let (left, right) = (&operands["left"], &operands["right"]);
        for (one, other) in [(left, right), (right, left)] {
            if let Some(attribute) = attribute(one) {
                let texts = self.texts.entry(attribute.to_owned()).or_default();
                collect(other, texts);
            }
        }
    }
}

/// An entity in the JSON form of Cedar policies: in the scope, and in an expression.
fn entity(node: &Value) -> Option<(&str, &str)> {
    let node = node.get("__entity").unwrap_or(node);
    match node.as_object() {
        Some(object) if object.len() == 2 => {
            Some((object.get("type")?.as_str()?, object.get("id")?.as_str()?))
        }
        _ => None,
    }
}

/// The attribute in `context.attribute`.
fn attribute(node: &Value) -> Option<&str> {
    let access = node.get(".")?;
    let is_context = access["left"]["Var"] == "context";
    access["attr"].as_str().filter(|_| is_context)
}

/// A text, or the texts of a set.
fn collect(node: &Value, texts: &mut BTreeSet<String>) {
    if let Some(text) = node["Value"].as_str() {
        texts.insert(text.to_owned());
    }
    for item in node["Set"].as_array().into_iter().flatten() {
        collect(item, texts);
    }
}

impl EffectivePolicy {
    /// What the policies in force name, as far as it stands in their Cedar form: templates and prefixes name nothing.
    #[must_use]
    pub fn mentions(&self) -> Mentions {
        let mut mentions = Mentions::default();
        let policies = self.enabled().flat_map(|hit| hit.member.set.policies());
        // A policy that was compiled has a JSON form.
        for policy in policies.filter_map(|policy| policy.to_json().ok()) {
            mentions.read(&policy);
        }
        mentions
    }
}
