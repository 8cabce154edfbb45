//! The particulars that tie an entry to other records.

use std::borrow::Cow;

use serde::Deserialize;

/// Members of an entry's particulars, or of a decision record, that the other must repeat.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
pub(crate) struct Particulars<'a> {
    #[serde(borrow)]
    pub(crate) decision_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(crate) trace_hash: Option<Cow<'a, str>>,
    /// The hash of the decision record, in an entry.
    #[serde(borrow)]
    pub(crate) decision_hash: Option<Cow<'a, str>>,
    #[serde(borrow)]
    intent_hash: Option<Cow<'a, str>>,
    #[serde(borrow)]
    effect: Option<Cow<'a, str>>,
    #[serde(borrow)]
    reason: Option<Cow<'a, str>>,
    #[serde(borrow)]
    policy_bundle_hash: Option<Cow<'a, str>>,
}

impl<'a> Particulars<'a> {
    pub(crate) fn read(json: &'a [u8]) -> Option<Self> {
        serde_json::from_slice(json).ok()
    }

    /// Whether the record says what the entry says.
    pub(crate) fn agrees(&self, record: &Particulars<'_>) -> bool {
        let pairs = [
            (&self.decision_id, &record.decision_id),
            (&self.intent_hash, &record.intent_hash),
            (&self.effect, &record.effect),
            (&self.reason, &record.reason),
            (&self.policy_bundle_hash, &record.policy_bundle_hash),
        ];
        let mut said = pairs.iter().filter(|(entry, _)| entry.is_some());
        record.decision_id.is_some() && said.all(|(entry, record)| entry == record)
    }
}
