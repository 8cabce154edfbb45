//! Telephone numbers: international, in the North American form, and bare digits behind a word that names them.

use crate::Entity;
use crate::detector::{Candidate, Rule, Verdict, byte_at, byte_before};

pub(crate) fn rules() -> [Rule; 3] {
    let rule = |pattern, labelled, decide| Rule {
        entity: Entity::Phone,
        pattern,
        labelled,
        decide,
    };
    [
        rule(
            r"\+[0-9](?:[ .()-]{0,2}[0-9]){7,14}",
            false,
            decide_international,
        ),
        rule(
            r"(?:1[-. ])?(?:\([0-9]{3}\) ?|[0-9]{3}[-. ])[0-9]{3}[-. ][0-9]{4}",
            false,
            |candidate| candidate.yes_if(stands_alone(candidate)),
        ),
        rule(
            r"(?i:phone|telephone|tel|mobile|cell|sms|fax|call)(?i: ?(?:number|no|#))?(?i: is)?[ :=.]{1,3}([0-9]{10,11})",
            true,
            |candidate| {
                candidate
                    .yes_if(!byte_at(candidate.text, candidate.whole.end).is_ascii_alphanumeric())
            },
        ),
    ]
}

fn decide_international(candidate: &Candidate<'_>) -> Verdict {
    let before = byte_before(candidate.text, candidate.whole.start);
    let continues = byte_at(candidate.text, candidate.whole.end).is_ascii_digit();
    candidate
        .yes_if(!before.is_ascii_alphanumeric() && !continues && !is_decimal(candidate.value()))
}

/// A sign, digits, one point, digits: a number and not a telephone.
fn is_decimal(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let points = text.bytes().filter(|b| *b == b'.').count();
    points == 1 && digits + 2 == text.len()
}

/// Whether no more digits follow or precede, directly or behind a joint.
fn stands_alone(candidate: &Candidate<'_>) -> bool {
    let (text, start, end) = (candidate.text, candidate.whole.start, candidate.whole.end);
    let before = byte_before(text, start);
    let joined_before = matches!(before, b'-' | b'.')
        && start >= 2
        && byte_before(text, start - 1).is_ascii_digit();
    let after = byte_at(text, end);
    let joined_after = matches!(after, b'-' | b'.') && byte_at(text, end + 1).is_ascii_digit();
    !(before.is_ascii_alphanumeric()
        || joined_before
        || after.is_ascii_alphanumeric()
        || joined_after)
}
