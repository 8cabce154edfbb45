//! What people say of a trace afterwards: labels, which may change, and annotations, which are only added.

use std::collections::BTreeMap;

use clasper_core::{AnnotationId, Timestamp, TraceId};

/// Most labels of one trace.
pub const MOST_LABELS: usize = 64;
/// The longest key of a label or annotation, in characters.
pub const LONGEST_KEY: usize = 100;
/// The longest value of a label, in characters.
pub const LONGEST_LABEL: usize = 500;
/// The longest value of an annotation, in characters.
pub const LONGEST_ANNOTATION: usize = 10_000;

/// What becomes of labels: a value sets one, `None` takes it away, what is not named stays.
pub type LabelChanges = BTreeMap<String, Option<String>>;

/// A remark on a trace. It is never changed or taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Annotation {
    /// Its id.
    pub id: AnnotationId,
    /// The trace.
    pub trace: TraceId,
    /// What it is about: `baseline`, `incident`, `approved`, `note`, …
    pub key: String,
    /// The remark.
    pub value: String,
    /// Who is said to have made it; nobody has proved this.
    pub created_by: String,
    /// Who has proved to have written it ([`clasper_core::Principal::actor`]).
    pub actor: String,
    /// When.
    pub created_at: Timestamp,
}

/// A text of a label or annotation that cannot be kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoteError {
    /// A key is empty, too long or not printable.
    #[error("a key has 1 to {LONGEST_KEY} characters and none that control a terminal")]
    Key,
    /// A label's value is too long or not printable.
    #[error(
        "a label's value has at most {LONGEST_LABEL} characters and none that control a terminal"
    )]
    Label,
    /// An annotation is too long.
    #[error("an annotation has 1 to {LONGEST_ANNOTATION} characters")]
    Annotation,
    /// Nothing would change.
    #[error("name at least one label to set or take away")]
    Nothing,
    /// The trace has, or would have, too many.
    #[error("a trace has at most {MOST_LABELS} labels: take some away first")]
    TooMany,
}

/// Whether `key` can name a label or annotation.
///
/// # Errors
/// [`NoteError::Key`].
pub fn check_key(key: &str) -> Result<(), NoteError> {
    let fits = (1..=LONGEST_KEY).contains(&key.chars().count());
    if fits && !key.chars().any(char::is_control) && !key.trim().is_empty() {
        Ok(())
    } else {
        Err(NoteError::Key)
    }
}

/// Whether `changes` can be made; the member at fault comes with the error.
///
/// # Errors
/// [`NoteError`] and the key at fault.
pub fn check_changes(changes: &LabelChanges) -> Result<(), (NoteError, Option<String>)> {
    if changes.is_empty() {
        return Err((NoteError::Nothing, None));
    }
    if changes.len() > MOST_LABELS {
        return Err((NoteError::TooMany, None));
    }
    for (key, value) in changes {
        let value_fits = value.as_ref().is_none_or(|value| {
            value.chars().count() <= LONGEST_LABEL && !value.chars().any(char::is_control)
        });
        let checked = check_key(key).and(if value_fits {
            Ok(())
        } else {
            Err(NoteError::Label)
        });
        checked.map_err(|error| (error, Some(key.clone())))?;
    }
    Ok(())
}

/// The labels after `changes`.
///
/// # Errors
/// [`NoteError::TooMany`].
pub fn merge_labels(
    mut labels: BTreeMap<String, String>,
    changes: &LabelChanges,
) -> Result<BTreeMap<String, String>, NoteError> {
    for (key, value) in changes {
        match value {
            Some(value) => labels.insert(key.clone(), value.clone()),
            None => labels.remove(key),
        };
    }
    if labels.len() > MOST_LABELS {
        return Err(NoteError::TooMany);
    }
    Ok(labels)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changes(pairs: &[(&str, Option<&str>)]) -> LabelChanges {
        let owned =
            |(key, value): &(&str, Option<&str>)| ((*key).to_owned(), value.map(ToOwned::to_owned));
        pairs.iter().map(owned).collect()
    }

    #[test]
    fn labels_are_merged_not_replaced() {
        let before = [("env", "prod"), ("team", "a")].map(|(k, v)| (k.into(), v.into()));
        let changed = changes(&[("team", Some("b")), ("env", None), ("x.y", Some(""))]);
        let after = merge_labels(before.into(), &changed).expect("few labels");
        let expected = [("team", "b"), ("x.y", "")].map(|(k, v)| (k.into(), v.into()));
        assert_eq!(after, BTreeMap::from(expected));
    }

    #[test]
    fn what_cannot_be_kept_is_named() {
        let long = "x".repeat(LONGEST_LABEL + 1);
        for (pairs, error, key) in [
            (vec![], NoteError::Nothing, None),
            (vec![("", Some("v"))], NoteError::Key, Some("")),
            (vec![("a\nb", None)], NoteError::Key, Some("a\nb")),
            (vec![("k", Some(&*long))], NoteError::Label, Some("k")),
            (vec![("k", Some("\u{1b}[2J"))], NoteError::Label, Some("k")),
        ] {
            let found = check_changes(&changes(&pairs));
            assert_eq!(found, Err((error, key.map(ToOwned::to_owned))));
        }
        // Keys that break a path in JSON or SQL are keys like others.
        assert_eq!(
            check_changes(&changes(&[("$.a'\"[0]%_", Some("ok"))])),
            Ok(())
        );
    }

    #[test]
    fn a_trace_has_a_bounded_number_of_labels() {
        let full: BTreeMap<_, _> = (0..MOST_LABELS)
            .map(|n| (n.to_string(), String::new()))
            .collect();
        let one_more = changes(&[("more", Some(""))]);
        assert_eq!(
            merge_labels(full.clone(), &one_more),
            Err(NoteError::TooMany)
        );
        let swapped = changes(&[("more", Some("")), ("0", None)]);
        assert!(merge_labels(full, &swapped).is_ok());
    }
}
