//! Reads what stands behind the name of a condition: operators, literals, amounts, directories.

use clasper_core::Usd;
use serde_json::Value;

use crate::condition::{Condition, Literal, Origin, Test};
use crate::evaluation::Effect;
use crate::fault::step;
use crate::field::{Field, FieldKind};
use crate::path::normalise;
use crate::rule_reader::Reader;
use crate::template::Template;
use crate::tool_name::{RESERVED_PREFIX, is_reserved, normal_tool_name};

impl Reader<'_> {
    pub(crate) fn cost_bound(
        &mut self,
        name: &str,
        value: &Value,
        at: &str,
        effect: Effect,
    ) -> Option<Condition> {
        let bound: fn(i64) -> Test = match name {
            "min_cost" => Test::AtLeast,
            "max_cost" => Test::AtMost,
            _ => return None,
        };
        let amount = match value {
            Value::Number(number) => number.to_string().parse::<Usd>(),
            Value::String(text) => text.parse::<Usd>(),
            _ => return self.fault(at, "must be an amount of US dollars such as 0.50"),
        };
        match amount {
            Ok(amount) => Some(Condition::new(
                Origin::Conditions,
                Field::EstimatedCost,
                bound(amount.nanos()),
                effect == Effect::Allow,
            )),
            Err(error) => self.fault(at, error.to_string()),
        }
    }

    pub(crate) fn test(&mut self, field: Field, value: &Value, at: &str) -> Option<Test> {
        let Some(object) = value.as_object() else {
            if value.is_array() {
                return self.fault(at, "a list needs an operator: {in: [...]}");
            }
            return self.literal(field, value, at).map(Test::Eq);
        };
        let mut entries = object.iter();
        let (Some((operator, expected)), None) = (entries.next(), entries.next()) else {
            return self.fault(at, "must have exactly one operator");
        };
        let at = &step(at, operator);
        let is_text = !matches!(field.kind(), FieldKind::Bool | FieldKind::Long);
        match operator.as_str() {
            "eq" => self.literal(field, expected, at).map(Test::Eq),
            "in" if field.kind() != FieldKind::Bool => self.one_of(field, expected, at),
            "prefix" if is_text => match self.text_literal(field, expected, at)? {
                Literal::Text(prefix) => Some(Test::Prefix(prefix)),
                Literal::Bool(_) | Literal::Long(_) => None,
            },
            "exists" if expected == &Value::Bool(true) => Some(Test::Exists),
            "exists" => self.fault(at, "must be true"),
            "all_under" if field.holds_paths() => self.roots(expected, at).map(Test::AllUnder),
            "any_under" if field.holds_paths() => self.roots(expected, at).map(Test::AnyUnder),
            "in" | "prefix" | "all_under" | "any_under" => self.fault(
                at,
                format!(
                    "the operator {operator} cannot be used with {}",
                    field.name()
                ),
            ),
            _ => self.fault(
                at,
                "unknown operator: expected eq, in, prefix, exists, all_under or any_under",
            ),
        }
    }

    fn one_of(&mut self, field: Field, value: &Value, at: &str) -> Option<Test> {
        let Some(items) = value.as_array().filter(|items| !items.is_empty()) else {
            return self.fault(at, "must be a list that is not empty");
        };
        let mut literals = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            literals.push(self.literal(field, item, &step(at, &index.to_string()))?);
        }
        literals.sort();
        literals.dedup();
        Some(Test::OneOf(literals))
    }

    fn literal(&mut self, field: Field, value: &Value, at: &str) -> Option<Literal> {
        match (field.kind(), value) {
            (FieldKind::Bool, Value::Bool(value)) => Some(Literal::Bool(*value)),
            (FieldKind::Long, Value::Number(number)) if number.is_i64() => {
                number.as_i64().map(Literal::Long)
            }
            (FieldKind::Bool, _) => self.fault(at, "must be true or false"),
            (FieldKind::Long, _) => self.fault(at, "must be a whole number"),
            _ => self.text_literal(field, value, at),
        }
    }

    pub(crate) fn text_literal(
        &mut self,
        field: Field,
        value: &Value,
        at: &str,
    ) -> Option<Literal> {
        let Some(text) = value.as_str() else {
            return self.fault(at, "must be a text");
        };
        let template = match Template::parse(text) {
            Ok(template) => template,
            Err(detail) => return self.fault(at, detail),
        };
        if field.kind() != FieldKind::Tool {
            return Some(Literal::Text(template));
        }
        if field == Field::Tool && is_reserved(text) {
            return self.fault(
                at,
                format!("names that begin with {RESERVED_PREFIX} are reserved"),
            );
        }
        match template.as_literal() {
            Some(name) => Some(Literal::Text(Template::literal(normal_tool_name(name)))),
            None => self.fault(at, "a tool or an action is named without templates"),
        }
    }

    fn roots(&mut self, value: &Value, at: &str) -> Option<Vec<Template>> {
        let one = std::slice::from_ref(value);
        let (items, is_list) = match value {
            Value::Array(items) if !items.is_empty() => (items.as_slice(), true),
            Value::String(_) => (one, false),
            _ => return self.fault(at, "must be a directory or a list of directories"),
        };
        let mut roots = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            let at = if is_list {
                step(at, &index.to_string())
            } else {
                at.to_owned()
            };
            let Some(text) = item.as_str() else {
                return self.fault(&at, "must be a text");
            };
            let template = match Template::parse(text) {
                Ok(template) => template,
                Err(detail) => return self.fault(&at, detail),
            };
            roots.push(match template.as_literal() {
                None => template,
                Some(root) => match normalise(root, None) {
                    Some(root) => Template::literal(root),
                    None => {
                        return self.fault(
                            &at,
                            "must be an absolute directory such as /work or {{workspace.root}}",
                        );
                    }
                },
            });
        }
        roots.sort();
        roots.dedup();
        Some(roots)
    }
}
