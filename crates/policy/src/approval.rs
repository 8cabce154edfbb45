//! What an approval asks for.

use clasper_core::Role;
use serde::Serialize;

/// The role asked for when a policy names none (reference, section 4.3).
pub const DEFAULT_ROLE: Role = Role::ReleaseManager;

/// How long an approval is waited for when a policy does not say: 60 minutes (reference, section 4.3).
pub const DEFAULT_EXPIRY_SECS: u64 = 3600;

/// More approvers than this are a mistake.
const MAX_QUORUM: u8 = 16;

/// Longer waits than 30 days are a mistake.
const MAX_EXPIRY_SECS: u64 = 30 * 24 * 3600;

/// The terms of an approval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ApprovalTerms {
    /// The least role that may resolve it.
    #[serde(serialize_with = "role_name")]
    pub role: Role,
    /// How many different people must approve.
    pub quorum: u8,
    /// Seconds until it expires unresolved.
    pub expires_in_secs: u64,
    /// Seconds until somebody else is told.
    pub escalate_after_secs: Option<u64>,
    /// Why it is asked for.
    pub reason: Option<String>,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands the member over by reference"
)]
fn role_name<S: serde::Serializer>(role: &Role, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(role.name())
}

impl Default for ApprovalTerms {
    fn default() -> Self {
        Self {
            role: DEFAULT_ROLE,
            quorum: 1,
            expires_in_secs: DEFAULT_EXPIRY_SECS,
            escalate_after_secs: None,
            reason: None,
        }
    }
}

impl ApprovalTerms {
    /// Terms that satisfy both: the higher role, the larger quorum, the shorter waits; the reason of `self` first.
    pub(crate) fn strictest(self, other: Self) -> Self {
        let escalate = [self.escalate_after_secs, other.escalate_after_secs];
        Self {
            role: self.role.max(other.role),
            quorum: self.quorum.max(other.quorum),
            expires_in_secs: self.expires_in_secs.min(other.expires_in_secs),
            escalate_after_secs: escalate.into_iter().flatten().min(),
            reason: self.reason.or(other.reason),
        }
    }

    /// The terms written as texts, as annotations and YAML both write them: `(name, value)` pairs.
    ///
    /// The error names the member at fault.
    pub(crate) fn read<'a>(
        written: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, (&'a str, String)> {
        let mut terms = Self::default();
        for (name, value) in written {
            let fault = |detail: String| (name, detail);
            match name {
                "role" => terms.role = approver(value).map_err(fault)?,
                "quorum" => terms.quorum = quorum(value).map_err(fault)?,
                "expires_in" => terms.expires_in_secs = seconds(value).map_err(fault)?,
                "escalate_after" => {
                    terms.escalate_after_secs = Some(seconds(value).map_err(fault)?);
                }
                "reason" if value.trim().is_empty() => {
                    return Err((name, "the reason is empty".to_owned()));
                }
                "reason" => terms.reason = Some(value.to_owned()),
                _ => {
                    return Err((
                        name,
                        "unknown: expected role, quorum, expires_in, escalate_after or reason"
                            .to_owned(),
                    ));
                }
            }
        }
        match terms.escalate_after_secs {
            Some(escalate) if escalate >= terms.expires_in_secs => Err((
                "escalate_after",
                "must be shorter than the expiry".to_owned(),
            )),
            _ => Ok(terms),
        }
    }
}

fn approver(text: &str) -> Result<Role, String> {
    match text.parse::<Role>() {
        Ok(role) if role >= Role::Operator => Ok(role),
        _ => Err(format!(
            "{text:?} may not approve: expected operator, release_manager or admin"
        )),
    }
}

fn quorum(text: &str) -> Result<u8, String> {
    match text.parse::<u8>() {
        Ok(quorum) if (1..=MAX_QUORUM).contains(&quorum) => Ok(quorum),
        _ => Err(format!(
            "{text:?} is no quorum: expected a whole number from 1 to {MAX_QUORUM}"
        )),
    }
}

fn seconds(text: &str) -> Result<u64, String> {
    let refused =
        || format!("{text:?} is no duration: expected such as 90s, 30m, 1h or 7d, at most 30d");
    let unit = match text.chars().last() {
        Some('s') => 1,
        Some('m') => 60,
        Some('h') => 3600,
        Some('d') => 24 * 3600,
        _ => return Err(refused()),
    };
    let digits = &text[..text.len() - 1];
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(refused());
    }
    let number: u64 = digits.parse().map_err(|_| refused())?;
    number
        .checked_mul(unit)
        .filter(|seconds| (1..=MAX_EXPIRY_SECS).contains(seconds))
        .ok_or_else(refused)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_that_make_no_sense_are_refused_by_name() {
        for (name, value) in [
            ("role", "viewer"),
            ("role", "agent"),
            ("role", "root"),
            ("quorum", "0"),
            ("quorum", "17"),
            ("quorum", "two"),
            ("expires_in", "0s"),
            ("expires_in", "31d"),
            ("expires_in", "+1h"),
            ("expires_in", "1"),
            ("expires_in", "1é"),
            ("expires_in", "99999999999999999999d"),
            ("escalate_after", "2h"),
            ("reason", " "),
            ("rolle", "admin"),
        ] {
            let refused = ApprovalTerms::read([(name, value)]).map_err(|(name, _)| name);
            assert_eq!(refused, Err(name), "{value:?}");
        }
    }

    #[test]
    fn the_strictest_terms_satisfy_both() {
        let one = ApprovalTerms::read([("role", "admin"), ("expires_in", "2h"), ("reason", "a")]);
        let two = ApprovalTerms::read([("role", "operator"), ("quorum", "2"), ("reason", "b")]);
        let both = one.expect("read").strictest(two.expect("read"));
        assert_eq!((both.role, both.quorum), (Role::Admin, 2));
        assert_eq!(both.expires_in_secs, 3600);
        assert_eq!(both.reason.as_deref(), Some("a"));
    }
}
