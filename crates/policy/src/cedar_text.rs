//! Rules as Cedar text: a `permit` that is satisfied exactly when the rule matches.

use std::fmt::Write as _;

use crate::condition::{Condition, Literal, Test};
use crate::field::{Field, FieldKind};
use crate::rule::Rule;

/// The Cedar policy that matches when the rule does.
pub(crate) fn match_policy(rule: &Rule) -> String {
    let mut text = format!(
        "@id({})\npermit(principal, action, resource)",
        quoted(&rule.policy_id)
    );
    for (at, condition) in rule.conditions.iter().enumerate() {
        text.push_str(if at == 0 { " when {\n  " } else { " &&\n  " });
        let _infallible = write!(text, "({})", expression(condition));
    }
    if !rule.conditions.is_empty() {
        text.push_str("\n}");
    }
    text.push(';');
    text
}

fn expression(condition: &Condition) -> String {
    if let Some(predicate) = &condition.predicate {
        return format!(
            "context has predicates && context.predicates.contains({})",
            quoted(predicate)
        );
    }
    let one = |field| guarded(field, condition);
    match condition.or_field {
        None => one(condition.field),
        Some(other) => format!("({}) || ({})", one(condition.field), one(other)),
    }
}

fn guarded(field: Field, condition: &Condition) -> String {
    let attribute = field.attribute();
    let test = match (&condition.test, field.kind(), condition.every) {
        (Test::Exists, ..) => return format!("context has {attribute}"),
        (Test::Eq(value), FieldKind::List, true) => {
            format!("[{}].containsAll(context.{attribute})", literal(value))
        }
        (Test::Eq(value), FieldKind::List, false) => {
            format!("context.{attribute}.contains({})", literal(value))
        }
        (Test::Eq(value), ..) => format!("context.{attribute} == {}", literal(value)),
        (Test::OneOf(values), FieldKind::List, true) => {
            format!("{}.containsAll(context.{attribute})", set(values))
        }
        (Test::OneOf(values), FieldKind::List, false) => {
            format!("context.{attribute}.containsAny({})", set(values))
        }
        (Test::OneOf(values), ..) => format!("{}.contains(context.{attribute})", set(values)),
        (Test::Prefix(prefix), ..) => {
            let pattern = escaped(prefix.as_literal().unwrap_or_default(), true);
            format!("context.{attribute} like \"{pattern}*\"")
        }
        (Test::AtLeast(least), ..) => format!("context.{attribute} >= {least}"),
        (Test::AtMost(most), ..) => format!("context.{attribute} <= {most}"),
        // These always carry a predicate; a text that never matches is the closed reading.
        (Test::AllUnder(_) | Test::AnyUnder(_), ..) => "false".to_owned(),
    };
    format!("context has {attribute} && {test}")
}

fn set(values: &[Literal]) -> String {
    let values: Vec<_> = values.iter().map(literal).collect();
    format!("[{}]", values.join(", "))
}

fn literal(value: &Literal) -> String {
    match value {
        Literal::Text(text) => quoted(text.as_literal().unwrap_or_default()),
        Literal::Bool(value) => value.to_string(),
        Literal::Long(value) => value.to_string(),
    }
}

/// A Cedar string literal.
pub(crate) fn quoted(text: &str) -> String {
    format!("\"{}\"", escaped(text, false))
}

fn escaped(text: &str, pattern: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '*' if pattern => out.push_str("\\*"),
            '"' | '\\' => {
                out.push('\\');
                out.push(character);
            }
            ' '..='~' => out.push(character),
            other => out.extend(other.escape_unicode()),
        }
    }
    out
}
