//! Finds the policies that can possibly match, without looking at the others.

use std::collections::HashMap;

use crate::condition::{Condition, Literal, Test};
use crate::field::{Field, FieldKind};
use crate::path::{ancestors, is_under, normalise};
use crate::sieve::Gate;
use crate::view::View;

/// Where a value is looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Slot {
    Exact(Field),
    Prefix(Field),
    Root(Field),
    Resource,
}

/// A policy can match only when the context has one of these values in this slot.
#[derive(Debug)]
struct Key {
    slot: Slot,
    values: Vec<String>,
}

#[derive(Debug, Default)]
struct Bucket {
    policies: HashMap<String, Vec<u32>>,
    /// Lengths of the values, for prefixes.
    lengths: Vec<usize>,
}

/// Each policy stands under its most selective key, or among those that are always looked at.
#[derive(Debug, Default)]
pub(crate) struct Index {
    buckets: Vec<(Slot, Bucket)>,
    always: Vec<u32>,
}

impl Index {
    /// Builds the index over what each policy needs.
    pub(crate) fn new(needs: &[Needs<'_>]) -> Self {
        let keys: Vec<Vec<Key>> = needs.iter().map(keys_of).collect();
        let mut crowd: HashMap<(Slot, &str), usize> = HashMap::new();
        for key in keys.iter().flatten() {
            for value in &key.values {
                *crowd.entry((key.slot, value)).or_default() += 1;
            }
        }
        let mut index = Self::default();
        for (number, keys) in (0_u32..).zip(&keys) {
            let cost = |key: &&Key| {
                let sizes = key
                    .values
                    .iter()
                    .filter_map(|v| crowd.get(&(key.slot, v.as_str())));
                (sizes.sum::<usize>(), key.slot)
            };
            match keys.iter().min_by_key(cost) {
                Some(key) => index.put(key, number),
                None => index.always.push(number),
            }
        }
        index
    }

    fn put(&mut self, key: &Key, number: u32) {
        let at = self.buckets.iter().position(|(slot, _)| *slot == key.slot);
        let at = at.unwrap_or_else(|| {
            self.buckets.push((key.slot, Bucket::default()));
            self.buckets.len() - 1
        });
        let bucket = &mut self.buckets[at].1;
        for value in &key.values {
            bucket
                .policies
                .entry(value.clone())
                .or_default()
                .push(number);
            if !bucket.lengths.contains(&value.len()) {
                bucket.lengths.push(value.len());
            }
        }
    }

    /// The numbers of the policies that may match, ascending, each once.
    pub(crate) fn candidates(&self, view: &View<'_>) -> Vec<u32> {
        let mut found = self.always.clone();
        for (slot, bucket) in &self.buckets {
            let mut look_up = |value: &str| {
                if let Some(policies) = bucket.policies.get(value) {
                    found.extend_from_slice(policies);
                }
            };
            match slot {
                Slot::Exact(field) => view.get(*field).texts().for_each(look_up),
                Slot::Resource => look_up(view.resource().1),
                Slot::Prefix(field) => view.get(*field).texts().for_each(|text| {
                    let starts = bucket
                        .lengths
                        .iter()
                        .filter_map(|length| text.get(..*length));
                    starts.for_each(&mut look_up);
                }),
                Slot::Root(field) => look_up_roots(view, *field, bucket, &mut found),
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// Stands before directories that are named below the workspace's root; no path contains it.
const BELOW_WORKSPACE_ROOT: char = '\0';

fn look_up_roots(view: &View<'_>, field: Field, bucket: &Bucket, found: &mut Vec<u32>) {
    let paths = view.paths(field);
    if paths.iter().any(Option::is_none) {
        // A path that cannot be known may lie anywhere.
        for policies in bucket.policies.values() {
            found.extend_from_slice(policies);
        }
        return;
    }
    let mut look_up = |root: &str| {
        if let Some(policies) = bucket.policies.get(root) {
            found.extend_from_slice(policies);
        }
    };
    let root = view.context.server.values.workspace_root.as_deref();
    let root = root.and_then(|root| normalise(root, None));
    for directory in paths.iter().flatten().flat_map(|path| ancestors(path)) {
        look_up(directory);
        if let Some(root) = root.as_deref().filter(|root| is_under(directory, root)) {
            let below = directory.strip_prefix(root.trim_end_matches('/'));
            let below = below.unwrap_or_default().trim_end_matches('/');
            look_up(&format!("{BELOW_WORKSPACE_ROOT}{below}"));
        }
    }
}

/// What a policy needs.
pub(crate) enum Needs<'a> {
    /// All of these conditions.
    Conditions(&'a [Condition]),
    /// This gate.
    Gate(&'a Gate),
}

fn keys_of(needs: &Needs<'_>) -> Vec<Key> {
    let (conditions, gate) = match needs {
        Needs::Conditions(conditions) => (*conditions, None),
        Needs::Gate(gate) => (gate.conditions.as_slice(), Some(*gate)),
    };
    let mut keys: Vec<Key> = conditions.iter().filter_map(key_of).collect();
    if let Some(gate) = gate {
        if let Some((_, Some(id))) = &gate.resource {
            keys.push(Key {
                slot: Slot::Resource,
                values: vec![id.clone()],
            });
        }
        if let Some(actions) = &gate.actions {
            keys.push(Key {
                slot: Slot::Exact(Field::ActionKind),
                values: actions
                    .iter()
                    .map(|action| action.name().to_owned())
                    .collect(),
            });
        }
    }
    keys
}

fn key_of(condition: &Condition) -> Option<Key> {
    let field = condition.field;
    if condition.or_field.is_some() || matches!(field.kind(), FieldKind::Bool | FieldKind::Long) {
        return None;
    }
    let fixed = |literal: &Literal| match literal {
        Literal::Text(text) => text.as_literal().map(ToOwned::to_owned),
        Literal::Bool(_) | Literal::Long(_) => None,
    };
    let (slot, values) = match &condition.test {
        Test::Eq(literal) => (Slot::Exact(field), vec![fixed(literal)]),
        Test::OneOf(literals) => (Slot::Exact(field), literals.iter().map(fixed).collect()),
        Test::Prefix(prefix) => {
            let prefix = prefix.as_literal().filter(|prefix| !prefix.is_empty());
            (Slot::Prefix(field), vec![prefix.map(ToOwned::to_owned)])
        }
        Test::AllUnder(roots) | Test::AnyUnder(roots) => {
            let roots = roots.iter().map(|root| {
                if let Some(literal) = root.as_literal() {
                    return Some(literal.to_owned());
                }
                let below = root.below_workspace_root()?;
                Some(format!("{BELOW_WORKSPACE_ROOT}{below}"))
            });
            (Slot::Root(field), roots.collect())
        }
        Test::Exists | Test::AtLeast(_) | Test::AtMost(_) => return None,
    };
    let values: Option<Vec<String>> = values.into_iter().collect();
    values.map(|values| Key { slot, values })
}
