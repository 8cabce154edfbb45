//! Configurations and findings as they are sent.

use clasper_api_types::{FindingView, RedactionReply, RedactionStrategy};
use clasper_privacy::ConfigRecord;
use clasper_redaction::{Finding, StrategyName};

pub(super) fn config(record: ConfigRecord) -> RedactionReply {
    let saved = record.revision > 0;
    RedactionReply {
        revision: record.revision,
        config: record.document,
        updated_at: saved.then(|| record.updated_at.into()),
        updated_by: saved.then_some(record.updated_by),
    }
}

pub(super) fn finding(found: &Finding) -> FindingView {
    let place = |at: usize| u64::try_from(at).unwrap_or(u64::MAX);
    FindingView {
        entity: found.entity.name().to_owned(),
        start: place(found.start),
        end: place(found.end),
    }
}

pub(super) const fn strategy(named: RedactionStrategy) -> StrategyName {
    match named {
        RedactionStrategy::Mask => StrategyName::Mask,
        RedactionStrategy::Hash => StrategyName::Hash,
        RedactionStrategy::Tokenise => StrategyName::Tokenise,
        RedactionStrategy::Drop => StrategyName::Drop,
    }
}
