//! Found places in bytes of the text, and how overlapping ones become disjoint.

use std::ops::Range;

use crate::Entity;

/// A place in the text that must be replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Span {
    pub entity: Entity,
    pub range: Range<usize>,
    /// The field's name stays in front of the value.
    pub labelled: bool,
    /// Position of the detector in the table; lower wins.
    pub priority: usize,
}

/// Makes `spans` disjoint and sorted: the earliest start wins, then the longest, then the first declared.
///
/// A loser that reaches past the winner extends it, so that no tail of a value survives. URL credentials are the exception:
/// what overlaps them at the end is `password@host` taken for an e-mail address, and the host may stay.
pub(crate) fn resolve(spans: &mut Vec<Span>) {
    spans.sort_by(|a, b| {
        let key = |s: &Span| (s.range.start, usize::MAX - s.range.end, s.priority);
        key(a).cmp(&key(b))
    });
    spans.dedup_by(|next, kept| {
        if next.range.start >= kept.range.end {
            return false;
        }
        if kept.entity != Entity::UrlCredentials {
            kept.range.end = kept.range.end.max(next.range.end);
        }
        true
    });
}

/// `text` with every span blanked in place, byte for byte, so that offsets still hold.
///
/// The blank has the brackets of a mask, because brackets are what the detectors see of their neighbours.
pub(crate) fn blank(text: &str, spans: &[Span]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for Span { range, .. } in spans {
        out.push_str(&text[at..range.start]);
        out.push('[');
        for _ in 2..range.len() {
            out.push('_');
        }
        if range.len() > 1 {
            out.push(']');
        }
        at = range.end;
    }
    out.push_str(&text[at..]);
    out
}

#[cfg(test)]
mod tests {
    use super::{Span, blank, resolve};
    use crate::Entity;

    fn span(entity: Entity, start: usize, end: usize) -> Span {
        Span {
            entity,
            range: start..end,
            labelled: false,
            priority: 0,
        }
    }

    #[test]
    fn the_earliest_then_the_longest_wins_and_swallows_tails() {
        let mut spans = vec![
            span(Entity::Phone, 10, 14),
            span(Entity::Email, 4, 8),
            span(Entity::CreditCard, 4, 6),
            span(Entity::UsSsn, 7, 9),
        ];
        resolve(&mut spans);
        assert_eq!(
            spans,
            vec![span(Entity::Email, 4, 9), span(Entity::Phone, 10, 14)]
        );
    }

    #[test]
    fn the_host_after_url_credentials_is_not_part_of_an_address() {
        let mut spans = vec![
            span(Entity::Email, 3, 20),
            span(Entity::UrlCredentials, 0, 6),
        ];
        resolve(&mut spans);
        assert_eq!(spans, vec![span(Entity::UrlCredentials, 0, 6)]);
    }

    #[test]
    fn blanking_keeps_the_length() {
        let spans = [span(Entity::Email, 1, 4), span(Entity::Phone, 5, 6)];
        assert_eq!(blank("aééb4c", &[span(Entity::Email, 1, 5)]), "a[__]b4c");
        assert_eq!(blank("a123b4c", &spans), "a[_]b[c");
    }
}
