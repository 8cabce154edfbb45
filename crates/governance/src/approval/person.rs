//! Who asked, and who votes.

use clasper_core::{AdapterId, Role, UserId};
use serde::{Deserialize, Serialize};

/// Who asked for what waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Requester {
    /// [`clasper_core::Principal::actor`].
    pub actor: String,
    /// The user on whose behalf, when the credential names one.
    pub user: Option<UserId>,
    /// The adapter that asked, when one did.
    pub adapter: Option<AdapterId>,
}

/// Who votes, as authentication knows them; nothing of it comes from a request body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Voter {
    /// [`clasper_core::Principal::actor`].
    pub actor: String,
    /// The user, when the credential names one.
    pub user: Option<UserId>,
    /// The adapter, when it is an adapter's credential.
    pub adapter: Option<AdapterId>,
    /// The role.
    pub role: Role,
}

impl Voter {
    /// Whether the voter is who asked: the same actor, the same user, or the same adapter.
    pub(super) fn is(&self, requester: &Requester) -> bool {
        self.is_person(&requester.actor, requester.user.as_ref())
            || (self.adapter.is_some() && self.adapter == requester.adapter)
    }

    /// Whether the voter is this actor or, by whatever credential, this user. One person with two credentials is one person.
    pub(super) fn is_person(&self, actor: &str, user: Option<&UserId>) -> bool {
        self.actor == actor || (user.is_some() && self.user.as_ref() == user)
    }
}
