//! How often each kind of sensitive data was found: what a trace may keep of a redaction.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Entity, Finding};

/// Number of findings per kind, never their values.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Counts(BTreeMap<Entity, u64>);

impl Counts {
    /// One finding of each of `entities`.
    #[must_use]
    pub fn of(entities: impl IntoIterator<Item = Entity>) -> Self {
        let mut counts = Self::default();
        for entity in entities {
            counts.add(entity);
        }
        counts
    }

    /// Adds one finding of `entity`.
    pub fn add(&mut self, entity: Entity) {
        let count = self.0.entry(entity).or_default();
        *count = count.saturating_add(1);
    }

    /// Adds the findings of one text.
    pub fn add_findings(&mut self, findings: &[Finding]) {
        for finding in findings {
            self.add(finding.entity);
        }
    }

    /// Adds all of `other`.
    pub fn merge(&mut self, other: &Self) {
        for (entity, more) in other.iter() {
            let count = self.0.entry(entity).or_default();
            *count = count.saturating_add(more);
        }
    }

    /// Number of findings of `entity`.
    #[must_use]
    pub fn get(&self, entity: Entity) -> u64 {
        self.0.get(&entity).copied().unwrap_or_default()
    }

    /// Number of findings of all kinds.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.0.values().fold(0, |sum, n| sum.saturating_add(*n))
    }

    /// Whether nothing was found.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The kinds found with their numbers, in order of priority.
    pub fn iter(&self) -> impl Iterator<Item = (Entity, u64)> + '_ {
        self.0.iter().map(|(entity, count)| (*entity, *count))
    }
}

#[cfg(test)]
mod tests {
    use super::Counts;
    use crate::Entity;

    #[test]
    fn counts_serialize_as_a_map_by_name() {
        let mut counts = Counts::default();
        counts.add(Entity::UsSsn);
        counts.add(Entity::Email);
        let mut other = Counts::default();
        other.add(Entity::Email);
        counts.merge(&other);
        let json = serde_json::to_string(&counts).expect("a map serializes");
        assert_eq!(json, r#"{"EMAIL":2,"US_SSN":1}"#);
        assert_eq!(counts.total(), 3);
        assert_eq!(counts.get(Entity::Jwt), 0);
    }
}
