//! The kinds of sensitive data that can be found, and the words that stand in their place.

use std::fmt;
use std::str::FromStr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A kind of sensitive data.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Entity {
    /// A PEM block with a private key.
    PrivateKey,
    /// The address of a database or queue with its credentials.
    ConnectionString,
    /// The `user:password` part of a URL.
    UrlCredentials,
    /// A JSON Web Token.
    Jwt,
    /// An access key of a service, by its well-known form or by its field name.
    ApiKey,
    /// The value of a password, secret or token field.
    Secret,
    /// An e-mail address.
    Email,
    /// A payment card number that passes the Luhn check and fits a brand.
    CreditCard,
    /// An international bank account number with a right checksum.
    Iban,
    /// A United States social security number.
    UsSsn,
    /// A number by which a state knows a person.
    NationalId,
    /// A telephone number.
    Phone,
    /// An IPv4 or IPv6 address.
    IpAddress,
    /// A date that the text calls a date of birth.
    DateOfBirth,
    /// A postal address.
    Address,
    /// The name of a person.
    Person,
    /// A kind of people's own.
    Custom(CustomName),
}

impl Entity {
    /// Every kind that the engine knows by itself, in order of priority between equal places.
    pub const ALL: [Self; 16] = [
        Self::PrivateKey,
        Self::ConnectionString,
        Self::UrlCredentials,
        Self::Jwt,
        Self::ApiKey,
        Self::Secret,
        Self::Email,
        Self::CreditCard,
        Self::Iban,
        Self::UsSsn,
        Self::NationalId,
        Self::Phone,
        Self::IpAddress,
        Self::DateOfBirth,
        Self::Address,
        Self::Person,
    ];

    /// A kind of people's own.
    ///
    /// # Errors
    /// [`NameError`] if the name is not 1 to 32 of `A-Z`, `0-9` and `_` with a letter first, or if it is taken.
    pub fn custom(name: &str) -> Result<Self, NameError> {
        if Self::ALL.iter().any(|known| known.name() == name) {
            return Err(NameError::Taken);
        }
        CustomName::new(name).map(Self::Custom)
    }

    /// The stable name, as it appears in findings and traces.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::PrivateKey => "PRIVATE_KEY",
            Self::ConnectionString => "CONNECTION_STRING",
            Self::UrlCredentials => "URL_CREDENTIALS",
            Self::Jwt => "JWT",
            Self::ApiKey => "API_KEY",
            Self::Secret => "SECRET",
            Self::Email => "EMAIL",
            Self::CreditCard => "CREDIT_CARD",
            Self::Iban => "IBAN",
            Self::UsSsn => "US_SSN",
            Self::NationalId => "NATIONAL_ID",
            Self::Phone => "PHONE",
            Self::IpAddress => "IP_ADDRESS",
            Self::DateOfBirth => "DATE_OF_BIRTH",
            Self::Address => "ADDRESS",
            Self::Person => "PERSON",
            Self::Custom(name) => name.as_str(),
        }
    }

    /// The word inside the brackets of the mask, as people know it from the reference implementation.
    #[must_use]
    pub fn label(&self) -> &str {
        match self {
            Self::UsSsn => "SSN",
            Self::IpAddress => "IP",
            other => other.name(),
        }
    }

    /// The mask that replaces a value of this kind.
    #[must_use]
    pub fn mask(&self) -> String {
        format!("[{}]", self.label())
    }

    /// Position among the kinds: the lower wins between equal places, and people's own before all.
    pub(crate) fn rank(&self) -> usize {
        match self {
            Self::Custom(_) => 0,
            other => {
                1 + Self::ALL
                    .iter()
                    .position(|known| known == other)
                    .unwrap_or_default()
            }
        }
    }
}

impl fmt::Display for Entity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Debug for Entity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Entity {
    type Err = NameError;

    fn from_str(name: &str) -> Result<Self, NameError> {
        match Self::ALL.into_iter().find(|known| known.name() == name) {
            Some(known) => Ok(known),
            None => Self::custom(name),
        }
    }
}

impl Serialize for Entity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Entity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        name.parse().map_err(D::Error::custom)
    }
}

/// Most bytes of the name of a kind.
pub(crate) const MAX_NAME: usize = 32;

/// The name of a kind of people's own: 1 to 32 of `A-Z`, `0-9` and `_`, a letter first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CustomName {
    bytes: [u8; MAX_NAME],
    length: u8,
}

impl CustomName {
    fn new(name: &str) -> Result<Self, NameError> {
        let fits = |b: &u8| b.is_ascii_uppercase() || b.is_ascii_digit() || *b == b'_';
        let first = name.bytes().next().ok_or(NameError::Form)?;
        if name.len() > MAX_NAME || !first.is_ascii_uppercase() || !name.as_bytes().iter().all(fits)
        {
            return Err(NameError::Form);
        }
        let mut bytes = [0; MAX_NAME];
        bytes[..name.len()].copy_from_slice(name.as_bytes());
        Ok(Self {
            bytes,
            length: u8::try_from(name.len()).map_err(|_| NameError::Form)?,
        })
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..usize::from(self.length)]).unwrap_or("CUSTOM")
    }
}

impl fmt::Debug for CustomName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a name cannot be the name of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameError {
    /// Other characters, or too many.
    #[error("an entity's name is 1 to 32 of A-Z, 0-9 and _, and begins with a letter")]
    Form,
    /// One of the built-in kinds has it.
    #[error("the name belongs to a built-in entity; choose another one")]
    Taken,
}

#[cfg(test)]
mod tests {
    use super::{Entity, NameError};

    #[test]
    fn names_are_read_back_and_masks_show_labels() {
        for entity in Entity::ALL {
            assert_eq!(entity.mask(), format!("[{}]", entity.label()));
            let json = serde_json::to_string(&entity).expect("a name serializes");
            assert_eq!(json, format!("\"{}\"", entity.name()));
            assert_eq!(entity.name().parse(), Ok(entity));
        }
    }

    #[test]
    fn names_of_ones_own_are_upper_case_words() {
        let own = Entity::custom("EMPLOYEE_ID2").expect("a fine name");
        assert_eq!(own.mask(), "[EMPLOYEE_ID2]");
        for bad in ["", "employee", "1A", "_A", "A-B", &"A".repeat(33)] {
            assert_eq!(Entity::custom(bad), Err(NameError::Form), "{bad}");
        }
        assert_eq!(Entity::custom("EMAIL"), Err(NameError::Taken));
    }
}
