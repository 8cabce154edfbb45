//! Policies that were saved together, compiled to be evaluated many times.

use std::collections::BTreeSet;

use cedar_policy::{Policy, PolicyId, PolicySet};
use clasper_core::{Sha256Digest, Timestamp, canonical_json};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::cedar_text::match_policy;
use crate::condition::{Condition, Literal, Origin, Test};
use crate::evaluation::Effect;
use crate::fault::PolicyFault;
use crate::field::{Field, PREDICATES_BIT};
use crate::index::{Index, Needs};
use crate::native::{Native, NativeReader};
use crate::rule::{Rank, Rule};
use crate::rule_reader::read_rule;
use crate::template::Template;
use crate::view::View;

/// How the YAML rules of a bundle are weighed against one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Combining {
    /// Higher precedence, then the more specific scope, then the stricter effect.
    #[default]
    Precedence,
    /// The strictest effect, whatever the precedence.
    DenyOverrides,
}

/// Where a bundle is in force; open members mean everywhere.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BundleScope {
    /// Only in this workspace.
    pub workspace: Option<String>,
    /// Only in this environment.
    pub environment: Option<String>,
}

/// One policy as it was saved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum PolicySource {
    /// A rule of the reference's form.
    Rule {
        /// Its id, equal to the rule's own.
        policy_id: String,
        /// Its version.
        version: u32,
        /// The rule.
        rule: Value,
    },
    /// A Cedar policy.
    Cedar {
        /// Its id.
        policy_id: String,
        /// Its version.
        version: u32,
        /// Exactly one policy.
        text: String,
    },
}

/// The member of a rule that says when it ends.
pub(crate) const EXPIRES_AT: &str = "expires_at";

impl PolicySource {
    /// The first moment at which it no longer counts; `None` for one without an end.
    #[must_use]
    pub fn expires_at(&self) -> Option<Timestamp> {
        match self {
            Self::Rule { rule, .. } => rule.get(EXPIRES_AT)?.as_str()?.parse().ok(),
            Self::Cedar { .. } => None,
        }
    }

    /// The policy's id.
    #[must_use]
    pub fn policy_id(&self) -> &str {
        match self {
            Self::Rule { policy_id, .. } | Self::Cedar { policy_id, .. } => policy_id,
        }
    }
}

/// Policies to compile.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BundleSource {
    /// The bundle's name.
    pub name: String,
    /// Where it is in force.
    #[serde(default)]
    pub scope: BundleScope,
    /// How its rules are weighed.
    #[serde(default)]
    pub combining: Combining,
    /// Its policies.
    pub members: Vec<PolicySource>,
}

#[derive(Debug)]
pub(crate) enum MemberKind {
    Rule(Box<Rule>, Rank),
    Native(Box<Native>),
}

/// A policy, compiled.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) policy_id: String,
    pub(crate) version: u32,
    pub(crate) kind: MemberKind,
    /// The policy alone in a set; what Cedar evaluates.
    pub(crate) set: PolicySet,
    /// The context attributes it reads.
    pub(crate) attributes: u64,
    pub(crate) cedar: String,
}

impl Member {
    pub(crate) fn effect(&self) -> Effect {
        match &self.kind {
            MemberKind::Rule(rule, _) => rule.effect,
            MemberKind::Native(native) => native.effect,
        }
    }

    pub(crate) fn is_enabled(&self) -> bool {
        match &self.kind {
            MemberKind::Rule(rule, _) => rule.enabled,
            MemberKind::Native(_) => true,
        }
    }

    /// Whether Cedar must be asked.
    pub(crate) fn may_match(&self, view: &View<'_>) -> bool {
        match &self.kind {
            MemberKind::Rule(rule, _) => rule.conditions.iter().all(|c| c.holds(view)),
            MemberKind::Native(native) => native.gate.admits(view),
        }
    }

    /// The predicates it asks for.
    pub(crate) fn predicates<'a>(&'a self, view: &'a View<'_>) -> impl Iterator<Item = &'a str> {
        let conditions: &[Condition] = match &self.kind {
            MemberKind::Rule(rule, _) if self.attributes & PREDICATES_BIT != 0 => &rule.conditions,
            _ => &[],
        };
        conditions
            .iter()
            .filter_map(|condition| condition.predicate.as_deref().map(|name| (condition, name)))
            .filter(|(condition, _)| condition.holds(view))
            .map(|(_, name)| name)
    }
}

/// A bundle, ready to be evaluated. Immutable; share it behind an `Arc`.
#[derive(Debug)]
pub struct CompiledBundle {
    pub(crate) name: String,
    pub(crate) combining: Combining,
    pub(crate) members: Vec<Member>,
    /// Over the enabled members, by their number.
    pub(crate) index: Index,
    hash: Sha256Digest,
}

impl CompiledBundle {
    /// Reads, checks and compiles every policy.
    ///
    /// # Errors
    /// Every fault of every policy.
    pub fn compile(source: &BundleSource) -> Result<Self, Vec<PolicyFault>> {
        let ours = |detail: String| vec![PolicyFault::new("", "", detail)];
        // The schema is read only when there is something to validate against it.
        let mut natives = None;
        if source
            .members
            .iter()
            .any(|m| matches!(m, PolicySource::Cedar { .. }))
        {
            natives = Some(NativeReader::new().map_err(ours)?);
        }
        let mut faults = Vec::new();
        let mut seen = BTreeSet::new();
        let mut members = Vec::with_capacity(source.members.len());
        for policy in &source.members {
            if !seen.insert(policy.policy_id()) {
                faults.push(PolicyFault::new(
                    policy.policy_id(),
                    "/policy_id",
                    "is used twice in the bundle",
                ));
            }
            match member(policy, &source.scope, natives.as_ref()) {
                Ok(member) => members.push(member),
                Err(found) => faults.extend(found),
            }
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        members.sort_by(|a, b| a.policy_id.cmp(&b.policy_id));
        let hash = bundle_hash(source, &members).map_err(ours)?;
        // A disabled rule keeps its place and its part in the hash, and is never looked up.
        let (enabled, disabled): (Vec<_>, Vec<_>) =
            members.into_iter().partition(Member::is_enabled);
        let needs: Vec<_> = enabled.iter().map(needs).collect();
        let index = Index::new(&needs);
        let mut members = enabled;
        members.extend(disabled);
        Ok(Self {
            name: source.name.clone(),
            combining: source.combining,
            members,
            index,
            hash,
        })
    }

    /// SHA-256 over the canonical JSON of the combining, the scope and every policy in full. It does not depend on the order
    /// of the members, on their versions or on formatting.
    #[must_use]
    pub const fn bundle_hash(&self) -> Sha256Digest {
        self.hash
    }

    /// The bundle's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How many policies it holds, disabled ones included.
    #[must_use]
    pub fn policy_count(&self) -> usize {
        self.members.len()
    }

    /// The Cedar text of every policy, by id: what rules were compiled to, and Cedar policies as written.
    pub fn cedar_texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.members
            .iter()
            .map(|m| (m.policy_id.as_str(), m.cedar.as_str()))
    }
}

fn needs(member: &Member) -> Needs<'_> {
    match &member.kind {
        MemberKind::Rule(rule, _) => Needs::Conditions(&rule.conditions),
        MemberKind::Native(native) => Needs::Gate(&native.gate),
    }
}

fn member(
    policy: &PolicySource,
    scope: &BundleScope,
    natives: Option<&NativeReader>,
) -> Result<Member, Vec<PolicyFault>> {
    match policy {
        PolicySource::Rule {
            policy_id,
            version,
            rule,
        } => {
            let mut rule = read_rule(policy_id, rule)?;
            narrow(&mut rule, scope).map_err(|fault| vec![fault])?;
            let cedar = match_policy(&rule);
            let fault = |detail: String| vec![PolicyFault::new(policy_id, "", detail)];
            let policy = Policy::parse(Some(PolicyId::new(policy_id)), &cedar)
                .map_err(|error| fault(error.to_string()))?;
            let set =
                PolicySet::from_policies([policy]).map_err(|error| fault(error.to_string()))?;
            let attributes = rule
                .conditions
                .iter()
                .fold(0, |bits, c| bits | c.attributes());
            let rank = rule.rank();
            Ok(Member {
                policy_id: policy_id.clone(),
                version: *version,
                kind: MemberKind::Rule(Box::new(rule), rank),
                set,
                attributes,
                cedar,
            })
        }
        PolicySource::Cedar {
            policy_id,
            version,
            text,
        } => {
            let Some(natives) = natives else {
                return Err(vec![PolicyFault::new(
                    policy_id,
                    "/cedar",
                    "no schema to check it against",
                )]);
            };
            let mut native = natives.read(policy_id, text)?;
            let scope = scope_conditions(scope, Effect::Deny);
            native.gate.conditions.extend(scope);
            Ok(Member {
                policy_id: policy_id.clone(),
                version: *version,
                set: native.set.clone(),
                attributes: native.attributes,
                kind: MemberKind::Native(Box::new(native)),
                cedar: text.clone(),
            })
        }
    }
}

fn scope_conditions(scope: &BundleScope, effect: Effect) -> impl Iterator<Item = Condition> {
    let condition = move |field, value: &Option<String>| {
        let test = Test::Eq(Literal::Text(Template::literal(value.as_ref()?)));
        Some(Condition::new(
            Origin::Scope,
            field,
            test,
            effect == Effect::Allow,
        ))
    };
    let workspace = condition(Field::WorkspaceId, &scope.workspace);
    let environment = condition(Field::Environment, &scope.environment);
    workspace.into_iter().chain(environment)
}

/// Gives the rule the scope of its bundle.
fn narrow(rule: &mut Rule, scope: &BundleScope) -> Result<(), PolicyFault> {
    for condition in scope_conditions(scope, rule.effect) {
        let own = rule
            .conditions
            .iter()
            .find(|own| own.origin == Origin::Scope && own.field == condition.field);
        match own {
            Some(own) if own.test == condition.test => continue,
            Some(_) => {
                let pointer = format!("/scope/{}", condition.field.name());
                return Err(PolicyFault::new(
                    &rule.policy_id,
                    pointer,
                    "the bundle is for another, so the rule could never match",
                ));
            }
            None => {}
        }
        rule.has_workspace |= condition.field == Field::WorkspaceId;
        rule.has_environment |= condition.field == Field::Environment;
        rule.conditions.push(condition);
    }
    Ok(())
}

fn bundle_hash(source: &BundleSource, members: &[Member]) -> Result<Sha256Digest, String> {
    let policies: Vec<Value> = members
        .iter()
        .map(|member| match &member.kind {
            MemberKind::Rule(rule, _) => json!({ "rule": rule.canonical() }),
            MemberKind::Native(native) => {
                json!({ "policy_id": member.policy_id, "cedar": native.canonical })
            }
        })
        .collect();
    let whole =
        json!({ "combining": source.combining, "scope": source.scope, "policies": policies });
    canonical_json(&whole)
        .map(|text| text.digest())
        .map_err(|error| error.to_string())
}
