//! Headers that tenants add to their webhooks.

use std::fmt;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

const MAX_HEADERS: usize = 16;
/// Names and values together.
const MAX_BYTES: usize = 4096;

/// Names whose meaning is ours or the connection's (RFC 9110, section 7.6.1), and those that tell an internal service where
/// a request came from.
const RESERVED: &[&str] = &[
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "expect",
    "forwarded",
    "host",
    "keep-alive",
    "metadata",
    "metadata-flavor",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "via",
    "x-real-ip",
];
/// The same for families of names.
const RESERVED_PREFIXES: &[&str] = &[
    "proxy-",
    "webhook-",
    "x-aws-",
    "x-clasper-",
    "x-forwarded-",
    "x-google-",
];

/// Headers of a tenant's choice. `Debug` shows their names only: values are often credentials.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct CallerHeaders(HeaderMap);

/// Why headers are refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HeaderError {
    /// Too many.
    #[error("a webhook has at most {MAX_HEADERS} headers of {MAX_BYTES} bytes together")]
    TooMany,
    /// No name of a header.
    #[error("the name of a header has only letters, digits and hyphens")]
    Name,
    /// No value of a header.
    #[error("the value of the header {name} is not visible ASCII")]
    Value {
        /// Whose.
        name: String,
    },
    /// Not for tenants.
    #[error("the header {name} is set by Clasper or by the connection")]
    Reserved {
        /// Which.
        name: String,
    },
    /// Twice.
    #[error("the header {name} is there twice")]
    Repeated {
        /// Which.
        name: String,
    },
}

impl CallerHeaders {
    /// Reads names and values.
    ///
    /// # Errors
    /// [`HeaderError`] when one of them may not be sent.
    pub fn parse<'a>(
        pairs: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, HeaderError> {
        let mut headers = HeaderMap::new();
        let mut bytes = 0;
        for (name, text) in pairs {
            bytes += name.len() + text.len();
            if headers.len() == MAX_HEADERS || bytes > MAX_BYTES {
                return Err(HeaderError::TooMany);
            }
            let name = parse_name(name)?;
            let mut value = parse_value(&name, text)?;
            value.set_sensitive(true);
            if headers.insert(&name, value).is_some() {
                let name = name.to_string();
                return Err(HeaderError::Repeated { name });
            }
        }
        Ok(Self(headers))
    }

    pub(crate) fn as_map(&self) -> &HeaderMap {
        &self.0
    }
}

impl fmt::Debug for CallerHeaders {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.0.keys()).finish()
    }
}

fn parse_name(text: &str) -> Result<HeaderName, HeaderError> {
    // Narrower than HTTP: servers that turn hyphens into underscores would take `content_length` for another header.
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    let name: HeaderName = text.parse().map_err(|_| HeaderError::Name)?;
    if !name.as_str().bytes().all(plain) {
        return Err(HeaderError::Name);
    }
    let reserved = RESERVED.contains(&name.as_str())
        || RESERVED_PREFIXES
            .iter()
            .any(|prefix| name.as_str().starts_with(prefix));
    if reserved {
        let name = name.to_string();
        return Err(HeaderError::Reserved { name });
    }
    Ok(name)
}

fn parse_value(name: &HeaderName, text: &str) -> Result<HeaderValue, HeaderError> {
    HeaderValue::from_str(text)
        .ok()
        .filter(|_| text.is_ascii())
        .ok_or_else(|| HeaderError::Value {
            name: name.to_string(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_of_ours_of_the_connection_and_of_metadata_services_are_refused() {
        for name in [
            "Host",
            "content-length",
            "Transfer-Encoding",
            "connection",
            "Webhook-Id",
            "webhook-signature",
            "Metadata-Flavor",
            "X-aws-ec2-metadata-token",
            "X-Forwarded-For",
            "X-Clasper-Signature",
            "Proxy-Authorization",
        ] {
            let refused = CallerHeaders::parse([(name, "1")]).expect_err("reserved");
            let name = name.to_ascii_lowercase();
            assert_eq!(refused, HeaderError::Reserved { name });
        }
    }

    #[test]
    fn headers_cannot_smuggle_lines_or_names() {
        for (name, value) in [
            ("x-a", "1\r\nhost: evil"),
            ("x-a", "1\n"),
            ("x-a", "ä"),
            ("x a", "1"),
            ("", "1"),
            ("x:a", "1"),
            ("content_length", "1"),
            ("x-ä", "1"),
        ] {
            assert!(
                CallerHeaders::parse([(name, value)]).is_err(),
                "{name:?} {value:?}"
            );
        }
    }

    #[test]
    fn headers_are_few_short_and_unique() {
        let many: Vec<String> = (0..17).map(|index| format!("x-{index}")).collect();
        let pairs = |count: usize| many.iter().take(count).map(|name| (name.as_str(), "1"));
        assert!(CallerHeaders::parse(pairs(16)).is_ok());
        assert_eq!(CallerHeaders::parse(pairs(17)), Err(HeaderError::TooMany));
        let long = "v".repeat(5000);
        assert_eq!(
            CallerHeaders::parse([("x-a", long.as_str())]),
            Err(HeaderError::TooMany)
        );
        let twice = CallerHeaders::parse([("X-A", "1"), ("x-a", "2")]);
        assert!(matches!(twice, Err(HeaderError::Repeated { .. })));
    }

    #[test]
    fn values_do_not_show_in_debug_output() {
        let headers = CallerHeaders::parse([("Authorization", "Bearer abc")]).expect("headers");
        assert_eq!(format!("{headers:?}"), r#"{"authorization"}"#);
    }
}
