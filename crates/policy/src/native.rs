//! Cedar policies as people write them: parsed, validated strictly, their annotations read.

use cedar_policy::ffi::DetailedError;
use cedar_policy::{
    ActionConstraint, Effect as CedarEffect, Policy, PolicyId, PolicySet, PrincipalConstraint,
    ResourceConstraint, Schema, ValidationMode, Validator,
};
use serde_json::Value;

use crate::approval::ApprovalTerms;
use crate::condition::{Condition, Literal, Origin, Test};
use crate::context::{ActionKind, PrincipalKind};
use crate::evaluation::Effect;
use crate::fault::PolicyFault;
use crate::field::{Field, FieldKind};
use crate::request::{PATHS_TOUCH_BIT, PATHS_UNDER_BIT};
use crate::schema::{PATHS_TOUCH, PATHS_UNDER, cedar_schema};
use crate::sieve::Gate;
use crate::template::Template;
use crate::tool_name::{RESERVED_PREFIX, is_reserved, normal_tool_name};

/// A Cedar policy, checked.
#[derive(Debug, Clone)]
pub(crate) struct Native {
    pub(crate) effect: Effect,
    pub(crate) approval: Option<ApprovalTerms>,
    pub(crate) gate: Gate,
    pub(crate) attributes: u64,
    /// The policy's structure as JSON, free of formatting: what is hashed.
    pub(crate) canonical: Value,
    pub(crate) set: PolicySet,
    pub(crate) reason: Option<String>,
}

/// Reads Cedar policies against one schema.
pub(crate) struct NativeReader {
    validator: Validator,
}

impl NativeReader {
    /// The error is ours: the schema does not parse.
    pub(crate) fn new() -> Result<Self, String> {
        let (schema, _) =
            Schema::from_cedarschema_str(&cedar_schema()).map_err(|e| e.to_string())?;
        Ok(Self {
            validator: Validator::new(schema),
        })
    }

    pub(crate) fn read(&self, policy_id: &str, text: &str) -> Result<Native, Vec<PolicyFault>> {
        let fault = |detail: String| PolicyFault::new(policy_id, "/cedar", detail);
        let policy = Policy::parse(Some(PolicyId::new(policy_id)), text).map_err(|errors| {
            let faults = errors.iter().map(|error| {
                let detail = DetailedError::from(error);
                fault(detail.message.clone()).at_line(line_of(text, &detail))
            });
            faults.collect::<Vec<_>>()
        })?;
        let mut faults = Vec::new();
        let approval = annotations(&policy, policy_id)
            .map_err(|detail| faults.push(fault(detail)))
            .unwrap_or_default();
        let set = PolicySet::from_policies([policy.clone()])
            .map_err(|error| vec![fault(error.to_string())])?;
        let result = self.validator.validate(&set, ValidationMode::Strict);
        for error in result.validation_errors() {
            let detail = DetailedError::from(error);
            faults.push(fault(detail.message.clone()).at_line(line_of(text, &detail)));
        }
        let canonical = policy
            .to_json()
            .map_err(|error| vec![fault(error.to_string())])?;
        check_tool_names(&canonical, &mut |detail| faults.push(fault(detail)));
        if !faults.is_empty() {
            return Err(faults);
        }
        let mut attributes = 0;
        collect_attributes(&canonical, &mut attributes);
        Ok(Native {
            effect: match (policy.effect(), &approval) {
                (CedarEffect::Forbid, _) => Effect::Deny,
                (CedarEffect::Permit, Some(_)) => Effect::RequireApproval,
                (CedarEffect::Permit, None) => Effect::Allow,
            },
            reason: policy.annotation("reason").map(ToOwned::to_owned),
            gate: gate(&policy, &canonical),
            approval,
            attributes,
            canonical,
            set,
        })
    }
}

fn line_of(text: &str, error: &DetailedError) -> Option<usize> {
    let start = error.source_locations.first()?.loc.start;
    let before = text.get(..start)?;
    Some(before.matches('\n').count() + 1)
}

/// The approval terms in the annotations, if approval is asked for.
fn annotations(policy: &Policy, policy_id: &str) -> Result<Option<ApprovalTerms>, String> {
    let mut terms = Vec::new();
    let mut asks = false;
    for (name, value) in policy.annotations() {
        match name {
            "id" if value == policy_id => {}
            "id" => {
                return Err(format!(
                    "@id is {value:?}, but the policy is saved as {policy_id:?}"
                ));
            }
            "require_approval" => {
                asks = true;
                terms.push(("role", value));
            }
            "quorum" | "expires_in" | "escalate_after" | "reason" => terms.push((name, value)),
            _ => {
                return Err(format!(
                    "unknown annotation @{name}: expected @id, @require_approval, @quorum, @expires_in, @escalate_after or @reason"
                ));
            }
        }
    }
    let read = ApprovalTerms::read(terms.iter().copied()).map_err(|(name, detail)| {
        let name = if name == "role" {
            "require_approval"
        } else {
            name
        };
        format!("@{name}: {detail}")
    })?;
    if !asks {
        return match terms.iter().find(|(name, _)| *name != "reason") {
            Some((name, _)) => Err(format!(
                "@{name} needs @require_approval(\"role\") beside it"
            )),
            None => Ok(None),
        };
    }
    match policy.effect() {
        CedarEffect::Permit => Ok(Some(read)),
        CedarEffect::Forbid => {
            Err("@require_approval belongs to permit; a forbid cannot be approved".to_owned())
        }
    }
}

/// Tool names in Cedar policies are compared as they stand, so they must be in normal form.
fn check_tool_names(node: &Value, report: &mut impl FnMut(String)) {
    let mut check = |name: &str| {
        let normal = normal_tool_name(name);
        if is_reserved(name) {
            report(format!(
                "names of tools that begin with {RESERVED_PREFIX} are reserved"
            ));
        } else if normal != name {
            report(format!(
                "the tool {name:?} must be written in its normal form {normal:?}"
            ));
        }
    };
    match node {
        Value::Array(items) => items.iter().for_each(|item| check_tool_names(item, report)),
        Value::Object(object) => {
            if object.get("type").and_then(Value::as_str) == Some("Tool")
                && let Some(id) = object.get("id").and_then(Value::as_str)
            {
                check(id);
            }
            for (operator, operands) in object {
                let compares = matches!(
                    operator.as_str(),
                    "==" | "!=" | "contains" | "containsAny" | "containsAll"
                );
                if compares
                    && operands
                        .as_object()
                        .is_some_and(|o| o.values().any(is_tool))
                {
                    texts_in(operands, &mut check);
                }
            }
            object
                .values()
                .for_each(|value| check_tool_names(value, report));
        }
        _ => {}
    }
}

fn is_tool(node: &Value) -> bool {
    matches!(context_attribute(node), Some("tool" | "action"))
}

fn texts_in(node: &Value, visit: &mut impl FnMut(&str)) {
    match node {
        Value::Array(items) => items.iter().for_each(|item| texts_in(item, visit)),
        Value::Object(object) => {
            if let Some(Value::String(text)) = object.get("Value") {
                visit(text);
            }
            let inner = object.iter().filter(|(key, _)| key.as_str() != "attr");
            inner.for_each(|(_, value)| texts_in(value, visit));
        }
        _ => {}
    }
}

/// The attribute in `context.attribute`.
fn context_attribute(node: &Value) -> Option<&str> {
    attribute_of(node.get(".")?)
}

/// The attribute in the operands of an access to the context.
fn attribute_of(access: &Value) -> Option<&str> {
    let is_context = access.get("left")?.get("Var")? == "context";
    access.get("attr")?.as_str().filter(|_| is_context)
}

fn collect_attributes(node: &Value, bits: &mut u64) {
    match node {
        Value::Array(items) => items.iter().for_each(|item| collect_attributes(item, bits)),
        Value::Object(object) => {
            for (key, value) in object {
                match (key.as_str(), attribute_of(value)) {
                    ("." | "has", Some(attribute)) => *bits |= bit_of(attribute),
                    // The context as a whole: everything may matter.
                    ("Var", _) if value == "context" => *bits = u64::MAX,
                    _ => collect_attributes(value, bits),
                }
            }
        }
        _ => {}
    }
}

fn bit_of(attribute: &str) -> u64 {
    match attribute {
        PATHS_UNDER => PATHS_UNDER_BIT,
        PATHS_TOUCH => PATHS_TOUCH_BIT,
        other => Field::by_attribute(other).map_or(u64::MAX, Field::bit),
    }
}

/// What the policy surely needs: its scope, and comparisons of texts that stand before anything that could fail.
fn gate(policy: &Policy, canonical: &Value) -> Gate {
    let action = |uid: &cedar_policy::EntityUid| {
        let name: &str = uid.id().as_ref();
        ActionKind::ALL.into_iter().find(|kind| kind.name() == name)
    };
    let principal = |name: String| {
        PrincipalKind::ALL
            .into_iter()
            .find(|kind| kind.entity_type() == name)
    };
    let id = |uid: &cedar_policy::EntityUid| Some(AsRef::<str>::as_ref(uid.id()).to_owned());
    Gate {
        actions: match policy.action_constraint() {
            ActionConstraint::Any => None,
            ActionConstraint::Eq(uid) => action(&uid).map(|action| vec![action]),
            ActionConstraint::In(uids) => uids.iter().map(action).collect(),
        },
        principal: match policy.principal_constraint() {
            PrincipalConstraint::Is(kind) => principal(kind.to_string()).map(|kind| (kind, None)),
            PrincipalConstraint::Eq(uid) => {
                principal(uid.type_name().to_string()).map(|kind| (kind, id(&uid)))
            }
            _ => None,
        },
        resource: match policy.resource_constraint() {
            ResourceConstraint::Is(kind) => Some((kind.to_string(), None)),
            ResourceConstraint::Eq(uid) => Some((uid.type_name().to_string(), id(&uid))),
            _ => None,
        },
        conditions: leading_comparisons(canonical),
    }
}

fn leading_comparisons(canonical: &Value) -> Vec<Condition> {
    let mut conjuncts = Vec::new();
    if let Some(first) = canonical.pointer("/conditions/0")
        && first["kind"] == "when"
    {
        flatten(&first["body"], &mut conjuncts);
    }
    let mut found = Vec::new();
    for conjunct in conjuncts {
        if conjunct
            .get("has")
            .is_some_and(|has| attribute_of(has).is_some())
        {
            continue;
        }
        let Some(comparison) = conjunct.get("==").and_then(comparison) else {
            break;
        };
        found.push(comparison);
    }
    found
}

fn flatten<'v>(node: &'v Value, out: &mut Vec<&'v Value>) {
    match node.get("&&") {
        Some(and) => {
            flatten(&and["left"], out);
            flatten(&and["right"], out);
        }
        None => out.push(node),
    }
}

fn comparison(operands: &Value) -> Option<Condition> {
    let (left, right) = (&operands["left"], &operands["right"]);
    let (attribute, operand) = match (context_attribute(left), context_attribute(right)) {
        (Some(attribute), _) => (attribute, right),
        (None, Some(attribute)) => (attribute, left),
        (None, None) => return None,
    };
    let literal = operand.get("Value")?.as_str()?;
    let field = Field::by_attribute(attribute)?;
    if !matches!(field.kind(), FieldKind::Text | FieldKind::Tool) {
        return None;
    }
    let test = Test::Eq(Literal::Text(Template::literal(literal)));
    Some(Condition::new(Origin::Conditions, field, test, true))
}
