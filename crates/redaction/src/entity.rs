//! The kinds of sensitive data that can be found, with the words that stand in their place.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A kind of sensitive data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub enum Entity {
    /// A PEM block with a private key.
    PrivateKey,
    /// The `user:password` part of a URL.
    UrlCredentials,
    /// A JSON Web Token.
    Jwt,
    /// An access key of a service, by its well-known prefix or by its field name.
    ApiKey,
    /// The value of a password, secret or token field.
    Secret,
    /// An e-mail address.
    Email,
    /// A payment card number that passes the Luhn check.
    CreditCard,
    /// A United States social security number.
    UsSsn,
    /// A telephone number.
    Phone,
    /// An IPv4 address.
    IpAddress,
}

impl Entity {
    /// Every kind, in order of priority.
    pub const ALL: [Self; 10] = [
        Self::PrivateKey,
        Self::UrlCredentials,
        Self::Jwt,
        Self::ApiKey,
        Self::Secret,
        Self::Email,
        Self::CreditCard,
        Self::UsSsn,
        Self::Phone,
        Self::IpAddress,
    ];

    /// The stable name, as it appears in traces.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::PrivateKey => "PRIVATE_KEY",
            Self::UrlCredentials => "URL_CREDENTIALS",
            Self::Jwt => "JWT",
            Self::ApiKey => "API_KEY",
            Self::Secret => "SECRET",
            Self::Email => "EMAIL",
            Self::CreditCard => "CREDIT_CARD",
            Self::UsSsn => "US_SSN",
            Self::Phone => "PHONE",
            Self::IpAddress => "IP_ADDRESS",
        }
    }

    /// The word inside the brackets of the mask, as people know it from the reference implementation.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::UsSsn => "SSN",
            Self::IpAddress => "IP",
            other => other.name(),
        }
    }

    /// The mask that replaces a value of this kind.
    #[must_use]
    pub const fn mask(self) -> &'static str {
        match self {
            Self::PrivateKey => "[PRIVATE_KEY]",
            Self::UrlCredentials => "[URL_CREDENTIALS]",
            Self::Jwt => "[JWT]",
            Self::ApiKey => "[API_KEY]",
            Self::Secret => "[SECRET]",
            Self::Email => "[EMAIL]",
            Self::CreditCard => "[CREDIT_CARD]",
            Self::UsSsn => "[SSN]",
            Self::Phone => "[PHONE]",
            Self::IpAddress => "[IP]",
        }
    }
}

impl fmt::Display for Entity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::Entity;

    #[test]
    fn masks_labels_and_serialized_names_agree() {
        for entity in Entity::ALL {
            assert_eq!(entity.mask(), format!("[{}]", entity.label()));
            let json = serde_json::to_string(&entity).expect("a unit variant serializes");
            assert_eq!(json, format!("\"{}\"", entity.name()));
        }
    }
}
