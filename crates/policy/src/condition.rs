//! One condition of a rule: a field, a test, and whether a list must pass with every element.

use std::borrow::Cow;

use clasper_core::Usd;
use serde_json::Value;

use crate::field::{Field, FieldKind, PREDICATES_BIT};
use crate::path::{is_under, normalise};
use crate::template::Template;
use crate::view::{Actual, View};

/// A value written in a condition.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Literal {
    Text(Template),
    Bool(bool),
    Long(i64),
}

impl Literal {
    fn to_json(&self) -> Value {
        match self {
            Self::Text(text) => Value::from(text.to_string()),
            Self::Bool(value) => Value::from(*value),
            Self::Long(value) => Value::from(*value),
        }
    }

    /// Whether it can be written into a Cedar policy as it is.
    fn is_fixed(&self) -> bool {
        match self {
            Self::Text(text) => text.as_literal().is_some(),
            Self::Bool(_) | Self::Long(_) => true,
        }
    }
}

/// What is asked of the value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Test {
    Eq(Literal),
    OneOf(Vec<Literal>),
    Prefix(Template),
    Exists,
    AllUnder(Vec<Template>),
    AnyUnder(Vec<Template>),
    AtLeast(i64),
    AtMost(i64),
}

impl Test {
    pub(crate) const fn operator(&self) -> &'static str {
        match self {
            Self::Eq(_) => "eq",
            Self::OneOf(_) => "in",
            Self::Prefix(_) => "prefix",
            Self::Exists => "exists",
            Self::AllUnder(_) => "all_under",
            Self::AnyUnder(_) => "any_under",
            Self::AtLeast(_) => "at_least",
            Self::AtMost(_) => "at_most",
        }
    }
}

/// Where in the rule a condition stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    Scope,
    Subject,
    Conditions,
}

/// A condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Condition {
    pub(crate) origin: Origin,
    pub(crate) field: Field,
    /// A second field that may pass instead (an agent is meant by its id or its role).
    pub(crate) or_field: Option<Field>,
    pub(crate) test: Test,
    /// Lists pass with every element (rules that allow) or with one (rules that restrict).
    pub(crate) every: bool,
    /// The name under which the result is given to Cedar, when Cedar has no words for the test.
    pub(crate) predicate: Option<String>,
}

impl Condition {
    pub(crate) fn new(origin: Origin, field: Field, test: Test, allows: bool) -> Self {
        // A capability, permission, role or property is asked for by name: holding it is enough, whatever else is held.
        let held = matches!(field, Field::Capability | Field::Permissions | Field::Roles)
            || field.holds_properties();
        let every = allows && field.kind() == FieldKind::List && !held;
        let mut condition = Self {
            origin,
            field,
            or_field: None,
            test,
            every,
            predicate: None,
        };
        if condition.needs_predicate() {
            let quantifier = if allows { "allow" } else { "restrict" };
            condition.predicate = Some(format!(
                "{quantifier} {} {} {}",
                field.name(),
                condition.test.operator(),
                condition.expected()
            ));
        }
        condition
    }

    pub(crate) fn or(mut self, field: Field) -> Self {
        self.or_field = Some(field);
        self
    }

    /// Cedar has no quantifier over a set and no text that is put together at run time.
    fn needs_predicate(&self) -> bool {
        match &self.test {
            Test::Eq(literal) => !literal.is_fixed(),
            Test::OneOf(literals) => !literals.iter().all(Literal::is_fixed),
            Test::Prefix(prefix) => {
                self.field.kind() == FieldKind::List || prefix.as_literal().is_none()
            }
            Test::AllUnder(_) | Test::AnyUnder(_) => true,
            Test::Exists | Test::AtLeast(_) | Test::AtMost(_) => false,
        }
    }

    /// The attributes its Cedar text reads.
    pub(crate) fn attributes(&self) -> u64 {
        if self.predicate.is_some() {
            PREDICATES_BIT
        } else {
            self.field.bit() | self.or_field.map_or(0, Field::bit)
        }
    }

    /// Its name in explanations.
    pub(crate) fn name(&self) -> Cow<'static, str> {
        match (self.origin, &self.test) {
            (Origin::Scope, _) => format!("scope.{}", self.field.name()).into(),
            (Origin::Subject, _) if self.or_field.is_some() => "subject.agent".into(),
            (Origin::Subject, _) => format!("subject.{}", self.field.name()).into(),
            (Origin::Conditions, Test::AtLeast(_)) => "min_cost".into(),
            (Origin::Conditions, Test::AtMost(_)) => "max_cost".into(),
            (Origin::Conditions, _) => self.field.name().into(),
        }
    }

    /// What it asks for, as JSON.
    pub(crate) fn expected(&self) -> Value {
        let texts = |texts: &[Template]| texts.iter().map(ToString::to_string).collect();
        match &self.test {
            Test::Eq(literal) => literal.to_json(),
            Test::OneOf(literals) => literals.iter().map(Literal::to_json).collect(),
            Test::Prefix(prefix) => prefix.to_string().into(),
            Test::Exists => true.into(),
            Test::AllUnder(roots) | Test::AnyUnder(roots) => texts(roots),
            Test::AtLeast(nanos) | Test::AtMost(nanos) => dollars(*nanos),
        }
    }

    /// What the context holds, as JSON.
    pub(crate) fn actual(&self, view: &View<'_>) -> Value {
        match (self.or_field, view.get(self.field)) {
            (None, Actual::Long(nanos)) if self.field == Field::EstimatedCost => dollars(nanos),
            (None, actual) => actual.to_json(),
            (Some(other), actual) => {
                Value::Array(vec![actual.to_json(), view.get(other).to_json()])
            }
        }
    }

    /// Whether it holds. Absence, another kind of value and an unknown template value never pass.
    pub(crate) fn holds(&self, view: &View<'_>) -> bool {
        self.holds_in(self.field, view) || self.or_field.is_some_and(|f| self.holds_in(f, view))
    }

    fn holds_in(&self, field: Field, view: &View<'_>) -> bool {
        let actual = view.get(field);
        if actual == Actual::Absent {
            return false;
        }
        match &self.test {
            Test::Exists => true,
            Test::Eq(literal) => self.is_one_of(actual, std::slice::from_ref(literal), view),
            Test::OneOf(literals) => self.is_one_of(actual, literals, view),
            Test::Prefix(prefix) => prefix.render(view.context).is_some_and(|prefix| {
                self.quantified(actual, |text| text.starts_with(prefix.as_ref()))
            }),
            Test::AllUnder(roots) => {
                let roots = rendered_roots(roots, view);
                let under = |path: &String| roots.iter().any(|root| is_under(path, root));
                view.paths(field)
                    .iter()
                    .all(|path| path.as_ref().is_some_and(under))
            }
            Test::AnyUnder(roots) => {
                let roots = rendered_roots(roots, view);
                let under = |path: &String| roots.iter().any(|root| is_under(path, root));
                // A path that cannot be known may well lie there: enough to restrict, never enough to allow.
                let unknown = !self.allows() && !roots.is_empty();
                view.paths(field)
                    .iter()
                    .any(|path| path.as_ref().map_or(unknown, under))
            }
            Test::AtLeast(least) => matches!(actual, Actual::Long(value) if value >= *least),
            Test::AtMost(most) => matches!(actual, Actual::Long(value) if value <= *most),
        }
    }

    fn allows(&self) -> bool {
        self.predicate
            .as_ref()
            .is_some_and(|name| name.starts_with("allow "))
    }

    fn quantified(&self, actual: Actual<'_>, mut pass: impl FnMut(&str) -> bool) -> bool {
        if self.every {
            actual.texts().all(&mut pass)
        } else {
            actual.texts().any(pass)
        }
    }

    fn is_one_of(&self, actual: Actual<'_>, literals: &[Literal], view: &View<'_>) -> bool {
        match actual {
            Actual::Absent => false,
            Actual::Bool(value) => literals.contains(&Literal::Bool(value)),
            Actual::Long(value) => literals.contains(&Literal::Long(value)),
            Actual::Text(_) | Actual::List(_) | Actual::Set(_) => self.quantified(actual, |text| {
                literals.iter().any(|literal| match literal {
                    Literal::Text(wanted) => wanted
                        .render(view.context)
                        .is_some_and(|wanted| wanted == text),
                    Literal::Bool(_) | Literal::Long(_) => false,
                })
            }),
        }
    }
}

fn rendered_roots<'a>(roots: &'a [Template], view: &'a View<'_>) -> Vec<Cow<'a, str>> {
    roots
        .iter()
        .filter_map(|root| match root.as_literal() {
            // Literal roots are normalised when the rule is read.
            Some(literal) => Some(Cow::Borrowed(literal)),
            None => normalise(&root.render(view.context)?, None).map(Cow::Owned),
        })
        .collect()
}

fn dollars(nanos: i64) -> Value {
    Usd::from_nanos(nanos).map_or(Value::Null, |usd| usd.to_string().into())
}
