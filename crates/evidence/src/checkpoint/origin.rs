//! The name of a tenant's log.

use std::fmt::{self, Write as _};

use clasper_core::TenantId;

/// The origin of a tenant's log, `<name>/audit/log/<tenant>`: the first line of its checkpoints, the name of its keys, and the address of
/// its tiles without the scheme.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LogOrigin(String);

/// Why a name makes no origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OriginError {
    /// Empty, too long, or with other characters.
    #[error(
        "a log name must be 1 to 200 letters, digits and . - _ ~ : / without slashes at its ends, such as evidence.example.com"
    )]
    Name,
}

impl LogOrigin {
    /// The origin of `tenant`'s log at the installation called `name` (a host name, perhaps with a path).
    ///
    /// Everything in the tenant's name that is not a letter, digit or one of `-._~` of ASCII is percent-encoded (RFC 3986), because key
    /// names must not have spaces and plus signs, and so that the origin is an address.
    ///
    /// # Errors
    /// [`OriginError::Name`].
    pub fn new(name: &str, tenant: &TenantId) -> Result<Self, OriginError> {
        let fits = |c: char| c.is_ascii_alphanumeric() || ".-_~:/".contains(c);
        if name.is_empty()
            || name.len() > 200
            || name.starts_with('/')
            || name.ends_with('/')
            || !name.chars().all(fits)
        {
            return Err(OriginError::Name);
        }
        let mut origin = format!("{name}/audit/log/");
        for byte in tenant.as_str().bytes() {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                origin.push(char::from(byte));
            } else {
                write!(origin, "%{byte:02X}").map_err(|_| OriginError::Name)?;
            }
        }
        Ok(Self(origin))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for LogOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
