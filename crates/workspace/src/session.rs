//! Roles and session keys: text from outside that must be harmless before it meets a file system.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use clasper_core::{Classify, ErrorKind, NameError, UserId};
use serde::{Deserialize, Serialize};

/// The longest role, in bytes.
const MAX_ROLE: usize = 64;

/// The longest session key, in bytes: a user, a role and a few threads of the greatest length.
const MAX_KEY: usize = 1024;

/// Why a session key or role is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SessionKeyError {
    /// More than 1,024 bytes.
    #[error("the session key is longer than {MAX_KEY} bytes")]
    TooLong,
    /// Fewer than three parts.
    #[error("the session key must have the form user:<user id>:<role>")]
    Parts,
    /// The first part is something else.
    #[error("the session key must begin with user:")]
    Prefix,
    /// The second part is not a user id.
    #[error("the user id of the session key is not valid")]
    User(#[source] NameError),
    /// The third part is not a role.
    #[error(
        "a role has 1 to {MAX_ROLE} letters, digits, hyphens and underscores and begins with a letter or digit"
    )]
    Role,
    /// A part behind the role is not valid.
    #[error("a thread part of the session key is not valid")]
    Thread(#[source] NameError),
}

impl Classify for SessionKeyError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::InvalidInput
    }

    fn code(&self) -> &'static str {
        "invalid_session_key"
    }
}

/// The name of an agent's role, such as `lead`: ASCII letters, digits, `-` and `_`, in lower case, so that it can only ever
/// name a file directly in `souls/`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Role(Arc<str>);

impl Role {
    /// The role, checked and turned to lower case.
    ///
    /// # Errors
    /// [`SessionKeyError::Role`] when a character or the length does not fit.
    pub fn parse(text: &str) -> Result<Self, SessionKeyError> {
        let begins = text
            .bytes()
            .next()
            .is_some_and(|b| b.is_ascii_alphanumeric());
        let fits = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        if !begins || text.len() > MAX_ROLE || !text.bytes().all(fits) {
            return Err(SessionKeyError::Role);
        }
        Ok(Self(text.to_ascii_lowercase().into()))
    }

    /// The role's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The path of the role's persona within a workspace.
    #[must_use]
    pub fn soul_path(&self) -> String {
        format!("souls/{}.md", self.0)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Role {
    type Err = SessionKeyError;

    fn from_str(text: &str) -> Result<Self, SessionKeyError> {
        Self::parse(text)
    }
}

impl TryFrom<String> for Role {
    type Error = SessionKeyError;

    fn try_from(text: String) -> Result<Self, SessionKeyError> {
        Self::parse(&text)
    }
}

impl From<Role> for String {
    fn from(role: Role) -> Self {
        role.0.as_ref().to_owned()
    }
}

/// Who talks to which agent: `user:<user id>:<role>`, optionally with further parts that tell threads apart.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SessionKey {
    user: UserId,
    role: Role,
    thread: Option<Arc<str>>,
}

impl SessionKey {
    /// The key, checked.
    ///
    /// # Errors
    /// The variant of [`SessionKeyError`] that says which part is wrong.
    pub fn parse(text: &str) -> Result<Self, SessionKeyError> {
        if text.len() > MAX_KEY {
            return Err(SessionKeyError::TooLong);
        }
        let mut parts = text.splitn(4, ':');
        let (Some(prefix), Some(user), Some(role)) = (parts.next(), parts.next(), parts.next())
        else {
            return Err(SessionKeyError::Parts);
        };
        if prefix != "user" {
            return Err(SessionKeyError::Prefix);
        }
        let user = UserId::new(user).map_err(SessionKeyError::User)?;
        let role = Role::parse(role)?;
        let thread = parts.next();
        for part in thread.iter().flat_map(|thread| thread.split(':')) {
            // A thread part is confined like a user id; nothing else is known about it.
            UserId::new(part).map_err(SessionKeyError::Thread)?;
        }
        Ok(Self {
            user,
            role,
            thread: thread.map(Into::into),
        })
    }

    /// The user.
    #[must_use]
    pub fn user(&self) -> &UserId {
        &self.user
    }

    /// The role of the agent.
    #[must_use]
    pub fn role(&self) -> &Role {
        &self.role
    }

    /// What follows the role, without the colon in front of it.
    #[must_use]
    pub fn thread(&self) -> Option<&str> {
        self.thread.as_deref()
    }
}

impl fmt::Display for SessionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "user:{}:{}", self.user, self.role)?;
        self.thread
            .as_ref()
            .map_or(Ok(()), |thread| write!(f, ":{thread}"))
    }
}

impl FromStr for SessionKey {
    type Err = SessionKeyError;

    fn from_str(text: &str) -> Result<Self, SessionKeyError> {
        Self::parse(text)
    }
}
