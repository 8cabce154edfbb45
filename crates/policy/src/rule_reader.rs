//! Reads a rule strictly: every unknown key, operator and value is a fault with its JSON pointer.

use clasper_core::Timestamp;
use serde_json::{Map, Value};

use crate::approval::ApprovalTerms;
use crate::bundle::EXPIRES_AT;
use crate::condition::{Condition, Literal, Origin, Test};
use crate::evaluation::Effect;
use crate::fault::{PolicyFault, step};
use crate::field::Field;
use crate::rule::Rule;
use crate::template::Template;

/// The states of a skill's life (reference, section 18.2); as the name of a subject they mean the state.
const SKILL_STATES: [&str; 5] = ["draft", "tested", "approved", "active", "deprecated"];

/// Precedences beyond this are a mistake.
const MAX_PRECEDENCE: i64 = 1_000_000;

/// Reads `rule`, which the bundle knows as `policy_id`.
pub(crate) fn read_rule(policy_id: &str, rule: &Value) -> Result<Rule, Vec<PolicyFault>> {
    let mut reader = Reader {
        policy_id,
        faults: Vec::new(),
    };
    let read = reader.rule(rule);
    match (read, reader.faults.is_empty()) {
        (Some(rule), true) => Ok(rule),
        (_, false) => Err(reader.faults),
        (None, true) => Err(vec![PolicyFault::new(
            policy_id,
            "",
            "the rule cannot be read",
        )]),
    }
}

pub(crate) struct Reader<'a> {
    policy_id: &'a str,
    faults: Vec<PolicyFault>,
}

impl Reader<'_> {
    pub(crate) fn fault<T>(&mut self, pointer: &str, detail: impl Into<String>) -> Option<T> {
        self.faults
            .push(PolicyFault::new(self.policy_id, pointer, detail));
        None
    }

    fn object<'v>(
        &mut self,
        value: &'v Value,
        at: &str,
        keys: &[&str],
    ) -> Option<&'v Map<String, Value>> {
        let Some(object) = value.as_object() else {
            return self.fault(at, "must be an object");
        };
        for key in object.keys().filter(|key| !keys.contains(&key.as_str())) {
            self.fault::<()>(
                &step(at, key),
                format!("unknown key: expected {}", keys.join(", ")),
            );
        }
        Some(object)
    }

    fn text<'v>(&mut self, value: &'v Value, at: &str) -> Option<&'v str> {
        match value.as_str() {
            Some(text) if !text.trim().is_empty() => Some(text),
            _ => self.fault(at, "must be a text that is not empty"),
        }
    }

    fn rule(&mut self, value: &Value) -> Option<Rule> {
        let keys = [
            "policy_id",
            "scope",
            "subject",
            "conditions",
            "effect",
            "explanation",
            "precedence",
            "enabled",
            EXPIRES_AT,
            "_wizard_meta",
            "_wizard_meta_hash",
        ];
        let object = self.object(value, "", &keys)?;
        match object.get("policy_id") {
            Some(id) if id.as_str() == Some(self.policy_id) => {}
            Some(_) => self.fault("/policy_id", format!("must be {:?}", self.policy_id))?,
            None => self.fault("/policy_id", "is missing")?,
        }
        let (effect, approval) = match object.get("effect") {
            Some(effect) => self.effect(effect)?,
            None => {
                return self.fault(
                    "/effect",
                    "is missing: expected {decision: allow, deny or require_approval}",
                );
            }
        };
        if let Some(end) = object.get(EXPIRES_AT)
            && end
                .as_str()
                .and_then(|text| text.parse::<Timestamp>().ok())
                .is_none()
        {
            return self.fault("/expires_at", "must be a time such as 2026-11-20T10:00:00Z");
        }
        let mut rule = Rule {
            policy_id: self.policy_id.to_owned(),
            enabled: self.flag(object.get("enabled"), "/enabled"),
            precedence: self.precedence(object.get("precedence")),
            effect,
            approval,
            explanation: object
                .get("explanation")
                .and_then(|text| self.text(text, "/explanation"))
                .map(ToOwned::to_owned),
            subject: (String::new(), None),
            has_workspace: false,
            has_environment: false,
            conditions: Vec::new(),
            metadata: object
                .iter()
                .filter(|(key, _)| key.starts_with("_wizard") || *key == EXPIRES_AT)
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect(),
        };
        if let Some(scope) = object.get("scope") {
            self.scope(scope, &mut rule)?;
        }
        match object.get("subject") {
            Some(subject) => self.subject(subject, &mut rule)?,
            None => self.fault("/subject", "is missing: expected {type, name}")?,
        }
        if let Some(conditions) = object.get("conditions") {
            self.branch(conditions, "", "/conditions", &mut rule)?;
        }
        Some(rule)
    }

    fn flag(&mut self, value: Option<&Value>, at: &str) -> bool {
        match value {
            None => true,
            Some(Value::Bool(flag)) => *flag,
            Some(_) => self.fault(at, "must be true or false").unwrap_or_default(),
        }
    }

    fn precedence(&mut self, value: Option<&Value>) -> i64 {
        let Some(value) = value else { return 0 };
        match value.as_i64() {
            Some(number) if number.abs() <= MAX_PRECEDENCE => number,
            _ => self
                .fault("/precedence", "must be a whole number within ±1000000")
                .unwrap_or_default(),
        }
    }

    fn effect(&mut self, value: &Value) -> Option<(Effect, Option<ApprovalTerms>)> {
        let object = self.object(value, "/effect", &["decision", "approval"])?;
        let decision = object.get("decision").and_then(Value::as_str);
        let Some(effect) = decision.and_then(Effect::by_name) else {
            return self.fault(
                "/effect/decision",
                "must be allow, deny or require_approval",
            );
        };
        match (effect, object.get("approval")) {
            (Effect::RequireApproval, None) => Some((effect, Some(ApprovalTerms::default()))),
            (Effect::RequireApproval, Some(terms)) => Some((effect, Some(self.approval(terms)?))),
            (_, None) => Some((effect, None)),
            (_, Some(_)) => self.fault("/effect/approval", "belongs to require_approval only"),
        }
    }

    fn approval(&mut self, value: &Value) -> Option<ApprovalTerms> {
        let at = "/effect/approval";
        let Some(object) = value.as_object() else {
            return self.fault(at, "must be an object");
        };
        let mut written = Vec::new();
        for (name, value) in object {
            let value = match value {
                Value::String(text) => text.clone(),
                Value::Number(number) => number.to_string(),
                _ => return self.fault(&step(at, name), "must be a text or a number"),
            };
            written.push((name.as_str(), value));
        }
        let written = written.iter().map(|(name, value)| (*name, value.as_str()));
        match ApprovalTerms::read(written) {
            Ok(terms) => Some(terms),
            Err((name, detail)) => self.fault(&step(at, name), detail),
        }
    }

    fn scope(&mut self, value: &Value, rule: &mut Rule) -> Option<()> {
        let fields = [Field::TenantId, Field::WorkspaceId, Field::Environment];
        let object = self.object(value, "/scope", &fields.map(Field::name))?;
        for field in fields {
            // The reference writes an open scope as null.
            let Some(value) = object.get(field.name()).filter(|value| !value.is_null()) else {
                continue;
            };
            let named = self.text(value, &step("/scope", field.name()))?;
            rule.has_workspace |= field == Field::WorkspaceId;
            rule.has_environment |= field == Field::Environment;
            let test = Test::Eq(Literal::Text(Template::literal(named)));
            rule.conditions.push(Condition::new(
                Origin::Scope,
                field,
                test,
                rule.effect == Effect::Allow,
            ));
        }
        Some(())
    }

    fn subject(&mut self, value: &Value, rule: &mut Rule) -> Option<()> {
        let object = self.object(value, "/subject", &["type", "name"])?;
        let kind = object
            .get("type")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let allows = rule.effect == Effect::Allow;
        let name = match object.get("name").filter(|name| !name.is_null()) {
            Some(name) => Some(self.text(name, "/subject/name")?),
            None => None,
        };
        rule.subject = (kind.to_owned(), name.map(ToOwned::to_owned));
        let is_state = name.is_some_and(|name| SKILL_STATES.contains(&name));
        let (field, or_field) = match kind {
            "tool" => (Field::Tool, None),
            "adapter" => (Field::AdapterId, None),
            "skill" if is_state => (Field::SkillState, None),
            "skill" if name.is_none() => (Field::Skill, Some(Field::SkillState)),
            "skill" => (Field::Skill, None),
            "environment" => (Field::Environment, None),
            "risk" => (Field::RiskLevel, None),
            "agent" => (Field::AgentId, Some(Field::AgentRole)),
            "cost" if name.is_some() => {
                return self.fault(
                    "/subject/name",
                    "a subject of type cost has no name; use min_cost and max_cost",
                );
            }
            "cost" => return Some(()),
            _ => {
                return self.fault(
                    "/subject/type",
                    "must be adapter, agent, cost, environment, risk, skill or tool",
                );
            }
        };
        let test = match name {
            Some(name) => {
                Test::Eq(self.text_literal(field, &Value::from(name), "/subject/name")?)
            }
            // Without a name a restriction holds for everything; an allow still needs such a thing to be there.
            None if allows => Test::Exists,
            None => return Some(()),
        };
        let condition = Condition::new(Origin::Subject, field, test, allows);
        rule.conditions.push(match or_field {
            Some(other) => condition.or(other),
            None => condition,
        });
        Some(())
    }

    /// Walks `conditions`, whose keys are fields, or parents of fields that hold an object.
    fn branch(&mut self, value: &Value, parent: &str, at: &str, rule: &mut Rule) -> Option<()> {
        let Some(object) = value.as_object() else {
            return self.fault(at, "must be an object");
        };
        for (key, value) in object {
            let at = step(at, key);
            let name = if parent.is_empty() {
                key.clone()
            } else {
                format!("{parent}.{key}")
            };
            let is_parent = |field: &&Field| {
                field
                    .name()
                    .strip_prefix(&name)
                    .is_some_and(|rest| rest.starts_with('.'))
            };
            if let Some(condition) = self.cost_bound(&name, value, &at, rule.effect) {
                rule.conditions.push(condition);
            } else if let Some(field) = condition_field(&name) {
                if let Some(test) = self.test(field, value, &at) {
                    self.push(field, test, &at, rule);
                }
            } else if Field::ALL.iter().any(|field| is_parent(&field)) {
                self.branch(value, &name, &at, rule);
            } else if !matches!(name.as_str(), "min_cost" | "max_cost") {
                self.fault::<()>(&at, format!("unknown condition {name:?}"));
            }
        }
        Some(())
    }

    fn push(&mut self, field: Field, test: Test, at: &str, rule: &mut Rule) {
        let twice = |condition: &Condition| {
            condition.origin == Origin::Conditions && condition.field == field
        };
        if rule.conditions.iter().any(twice) {
            self.fault::<()>(at, format!("a second condition on {}", field.name()));
        }
        let allows = rule.effect == Effect::Allow;
        rule.conditions
            .push(Condition::new(Origin::Conditions, field, test, allows));
    }
}

/// The field a condition may name; the cost has its own two keys.
fn condition_field(name: &str) -> Option<Field> {
    Field::by_name(name).filter(|field| *field != Field::EstimatedCost)
}
