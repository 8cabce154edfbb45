//! Puts two sequences beside each other: what is the same, what was changed, what is on one side only.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use similar::{Algorithm, DiffOp, capture_diff_slices};

/// One line of an alignment, in the order of both sequences. Numbers are places, counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pair {
    /// The same on both sides.
    Same(usize, usize),
    /// Of the same kind, but not the same.
    Changed(usize, usize),
    /// On the base's side only.
    Removed(usize),
    /// On the other side only.
    Added(usize),
}

/// What an item is compared by: `exact` where it is the same, `kind` where it may have been changed.
pub(crate) struct Keys<E, K> {
    pub(crate) exact: E,
    pub(crate) kind: K,
}

/// Aligns `base` with `compare`: a longest common subsequence of equal items, and between them one of equal kinds.
pub(crate) fn align<E: Hash + Eq, K: Hash + Eq>(
    base: &[Keys<E, K>],
    compare: &[Keys<E, K>],
) -> Vec<Pair> {
    let anchors = common(
        &base.iter().map(|keys| &keys.exact).collect::<Vec<_>>(),
        &compare.iter().map(|keys| &keys.exact).collect::<Vec<_>>(),
    );
    let mut pairs = Vec::with_capacity(base.len().max(compare.len()));
    let (mut left, mut right) = (0, 0);
    let end = (base.len(), compare.len());
    for (a, b) in anchors.into_iter().chain([end]) {
        let kinds = common(
            &base[left..a]
                .iter()
                .map(|keys| &keys.kind)
                .collect::<Vec<_>>(),
            &compare[right..b]
                .iter()
                .map(|keys| &keys.kind)
                .collect::<Vec<_>>(),
        );
        let gap = (left, right);
        let changed = kinds.into_iter().map(|(x, y)| (gap.0 + x, gap.1 + y));
        for (x, y) in changed.chain([(a, b)]) {
            pairs.extend((left..x).map(Pair::Removed));
            pairs.extend((right..y).map(Pair::Added));
            if (x, y) == end {
                break;
            }
            pairs.push(if base[x].exact == compare[y].exact {
                Pair::Same(x, y)
            } else {
                Pair::Changed(x, y)
            });
            (left, right) = (x + 1, y + 1);
        }
    }
    pairs
}

/// A longest common subsequence, as pairs of places.
fn common<T: Hash + Eq>(base: &[T], compare: &[T]) -> Vec<(usize, usize)> {
    // What one side lacks can be in no common subsequence. Without it, sequences that share nothing cost nothing.
    let known: HashSet<&T> = base.iter().collect();
    let shared: HashSet<&T> = compare.iter().filter(|item| known.contains(item)).collect();
    // Small numbers instead of the items: comparing those is most of the work.
    let mut numbers = HashMap::with_capacity(shared.len());
    for item in shared {
        let next = numbers.len();
        numbers.insert(item, next);
    }
    let (places_a, items_a) = numbered(base, &numbers);
    let (places_b, items_b) = numbered(compare, &numbers);
    let mut pairs = Vec::new();
    for op in capture_diff_slices(Algorithm::Myers, &items_a, &items_b) {
        if let DiffOp::Equal {
            old_index,
            new_index,
            len,
        } = op
        {
            let run = (old_index..old_index + len).zip(new_index..new_index + len);
            pairs.extend(run.map(|(a, b)| (places_a[a], places_b[b])));
        }
    }
    pairs
}

/// The items that have a number, with their places.
fn numbered<T: Hash + Eq>(items: &[T], numbers: &HashMap<&T, usize>) -> (Vec<usize>, Vec<usize>) {
    let found = items.iter().enumerate();
    found
        .filter_map(|(place, item)| numbers.get(item).map(|number| (place, *number)))
        .unzip()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn keys(items: &[(u8, u8)]) -> Vec<Keys<(u8, u8), u8>> {
        let keys = |(kind, rest): &(u8, u8)| Keys {
            exact: (*kind, *rest),
            kind: *kind,
        };
        items.iter().map(keys).collect()
    }

    fn aligned(a: &[(u8, u8)], b: &[(u8, u8)]) -> Vec<Pair> {
        align(&keys(a), &keys(b))
    }

    #[test]
    fn an_item_put_in_does_not_shift_the_rest() {
        let base = [(1, 1), (2, 2), (3, 3), (1, 4)];
        let compare = [(1, 1), (9, 9), (2, 2), (3, 0), (1, 4)];
        let expected = [
            Pair::Same(0, 0),
            Pair::Added(1),
            Pair::Same(1, 2),
            Pair::Changed(2, 3),
            Pair::Same(3, 4),
        ];
        assert_eq!(aligned(&base, &compare), expected);
    }

    #[test]
    fn an_item_at_the_end_is_aligned_like_any_other() {
        assert_eq!(aligned(&[(1, 1)], &[(1, 1)]), [Pair::Same(0, 0)]);
        assert_eq!(aligned(&[(1, 1)], &[(1, 2)]), [Pair::Changed(0, 0)]);
        assert_eq!(
            aligned(&[(1, 1)], &[(2, 2)]),
            [Pair::Removed(0), Pair::Added(0)]
        );
        assert_eq!(aligned(&[], &[]), []);
    }

    proptest! {
        #[test]
        fn every_item_of_both_sides_stands_once_and_in_order(
            a in proptest::collection::vec((0_u8..4, 0_u8..3), 0..30),
            b in proptest::collection::vec((0_u8..4, 0_u8..3), 0..30),
        ) {
            let pairs = aligned(&a, &b);
            let (mut left, mut right) = (Vec::new(), Vec::new());
            for pair in &pairs {
                match *pair {
                    Pair::Same(x, y) => {
                        prop_assert_eq!(a[x], b[y]);
                        left.push(x);
                        right.push(y);
                    }
                    Pair::Changed(x, y) => {
                        prop_assert_eq!(a[x].0, b[y].0);
                        prop_assert_ne!(a[x], b[y]);
                        left.push(x);
                        right.push(y);
                    }
                    Pair::Removed(x) => left.push(x),
                    Pair::Added(y) => right.push(y),
                }
            }
            prop_assert_eq!(left, (0..a.len()).collect::<Vec<_>>());
            prop_assert_eq!(right, (0..b.len()).collect::<Vec<_>>());
        }

        #[test]
        fn a_sequence_is_the_same_as_itself(a in proptest::collection::vec((0_u8..4, 0_u8..3), 0..30)) {
            let same: Vec<_> = (0..a.len()).map(|n| Pair::Same(n, n)).collect();
            prop_assert_eq!(aligned(&a, &a), same);
        }
    }
}
