//! Names that people and other systems choose: tenants, workspaces, users.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// The longest name accepted, in bytes.
const MAX_NAME_BYTES: usize = 128;

/// Why a name is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameError {
    /// Nothing, or only spaces.
    #[error("must not be empty")]
    Empty,
    /// More than 128 bytes.
    #[error("must be at most 128 bytes long")]
    TooLong,
    /// A character outside letters, digits and `. _ - : @ + | =`.
    #[error("may contain only letters, digits and . _ - : @ + | =")]
    Character,
}

fn check(text: &str) -> Result<(), NameError> {
    if text.trim().is_empty() {
        return Err(NameError::Empty);
    }
    if text.len() > MAX_NAME_BYTES {
        return Err(NameError::TooLong);
    }
    // Path separators, quotes and control characters stay out, so that a name is safe in paths, keys and log lines.
    let fits = |c: char| c.is_alphanumeric() || "._-:@+|=".contains(c);
    if !text.chars().all(fits) || text.contains("..") {
        return Err(NameError::Character);
    }
    Ok(())
}

macro_rules! name {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Arc<str>);

        impl $name {
            /// The name, checked.
            ///
            /// # Errors
            /// [`NameError`] when it is empty, longer than 128 bytes or has a character outside the set.
            pub fn new(text: &str) -> Result<Self, NameError> {
                check(text)?;
                Ok(Self(text.into()))
            }

            /// The name's text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = NameError;

            fn from_str(text: &str) -> Result<Self, NameError> {
                Self::new(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = NameError;

            fn try_from(text: String) -> Result<Self, NameError> {
                Self::new(&text)
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0.as_ref().to_owned()
            }
        }
    )*};
}

name! {
    /// A tenant: one customer of the product that Clasper serves. All data belongs to exactly one.
    TenantId;
    /// A workspace within a tenant.
    WorkspaceId;
    /// A user of the tenant's product.
    UserId;
    /// An adapter: an executor outside Clasper that asks before it acts.
    AdapterId;
    /// An agent within a tenant.
    AgentId;
    /// A session of an agent.
    SessionId;
    /// An environment of a workspace, such as `production`.
    EnvironmentId;
    /// A policy of a tenant.
    PolicyId;
    /// An adapter's own name for one execution: the same key asks about the same thing again.
    ExecutionKey;
}

/// The name of the tenant that is nobody's: its log tells of the server itself.
const SERVER: &str = "clasper.server";

impl TenantId {
    /// The tenant whose log tells of the server itself: starts, stops, refused credentials. It is no customer: nobody creates it, no token
    /// names it and nothing runs in it.
    #[must_use]
    pub fn server() -> Self {
        Self(SERVER.into())
    }

    /// Whether this is [`TenantId::server`].
    #[must_use]
    pub fn is_server(&self) -> bool {
        self.as_str() == SERVER
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_could_escape_a_path_or_a_log_line_are_refused() {
        for bad in [
            "",
            "  ",
            "a/b",
            "a\\b",
            "..",
            "a\nb",
            "a\0b",
            "a b",
            "a\u{202e}b",
        ] {
            assert!(TenantId::new(bad).is_err(), "{bad:?} was accepted");
        }
        assert_eq!(TenantId::new(&"x".repeat(129)), Err(NameError::TooLong));
    }

    #[test]
    fn the_name_of_the_servers_own_tenant_is_a_name_like_others() {
        let named = TenantId::new(TenantId::server().as_str());
        assert!(named.expect("a name").is_server());
        assert!(!TenantId::new("server").expect("a name").is_server());
    }

    #[test]
    fn ordinary_names_are_accepted() {
        for good in [
            "acme",
            "user-1",
            "a.b_c:d",
            "bob@example.com",
            "Zoë",
            "org|123",
        ] {
            assert!(TenantId::new(good).is_ok(), "{good:?} was refused");
        }
    }
}
