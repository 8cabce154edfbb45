//! Addresses that tenants name for callbacks, refused unless they are written plainly.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use clasper_core::{Classify, ErrorKind};
use reqwest::Url;

use crate::host_name;
use crate::policy::GuardPolicy;

/// Longest URL taken, in bytes.
pub const MAX_URL_BYTES: usize = 2048;

/// A URL that a policy accepted. Its host is a name in lower case or a plainly written address; what the name resolves to
/// is checked when a connection is made. `Debug` and `Display` show scheme, host and port only: paths and queries of
/// callbacks often carry secrets.
#[derive(Clone, PartialEq, Eq)]
pub struct CallbackUrl {
    url: Url,
    host: Host,
    port: u16,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Host {
    Name(String),
    Address(IpAddr),
}

/// Why a URL is refused. Never quotes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UrlError {
    /// Too long.
    #[error("a callback URL has at most {MAX_URL_BYTES} bytes")]
    TooLong,
    /// Something that programs read in different ways.
    #[error(
        "a callback URL is visible ASCII without backslashes: percent-encode its path, write its host as xn--"
    )]
    Characters,
    /// Neither scheme.
    #[error("a callback URL starts with https://")]
    Scheme,
    /// No TLS.
    #[error("a callback URL starts with https://; the operator has not allowed http here")]
    PlainHttp,
    /// User name or password.
    #[error(
        "a callback URL carries no user name and no password: put a secret into its signing key"
    )]
    Credentials,
    /// `#…`.
    #[error("a callback URL has no fragment")]
    Fragment,
    /// No host, or one that is not written plainly.
    #[error(
        "the host of a callback URL is a name like hooks.example.com or an address like 203.0.113.7 or [2001:db8::7]"
    )]
    Host,
    /// A name of the local network.
    #[error("the host of a callback URL is local; the operator can allow it by name")]
    LocalHost,
    /// No number.
    #[error("the port of a callback URL is a number from 1 to 65535 without leading zeros")]
    Port,
    /// A port outside the policy.
    #[error("the port of a callback URL is not one that the operator allows")]
    PortRefused,
    /// An address outside the policy.
    #[error("the address in a callback URL is {what}; the operator can allow its network")]
    Address {
        /// What kind of address it is.
        what: &'static str,
    },
    /// Anything else that cannot be read.
    #[error("a callback URL reads https://host/path?query")]
    Malformed,
}

impl Classify for UrlError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::InvalidInput
    }

    fn code(&self) -> &'static str {
        match self {
            Self::TooLong => "callback_url_too_long",
            Self::PlainHttp => "callback_url_not_https",
            Self::LocalHost | Self::PortRefused | Self::Address { .. } => "callback_url_refused",
            _ => "callback_url_invalid",
        }
    }
}

impl CallbackUrl {
    /// Reads a URL and holds it against `policy`. Nothing is resolved.
    ///
    /// # Errors
    /// [`UrlError`] when the URL is not one that `policy` accepts.
    pub fn parse(text: &str, policy: &GuardPolicy) -> Result<Self, UrlError> {
        let (scheme, authority) = split(text)?;
        let (host, port) = split_port(authority)?;
        let host = Host::parse(host)?;
        let port = port.map(parse_port).transpose()?;
        let url = Url::parse(text).map_err(|_| UrlError::Malformed)?;
        let port = port.unwrap_or(scheme.port());
        // What we read and what the client will use must be the same, whatever either parser thinks of the text.
        let agreed = url.scheme() == scheme.name()
            && url.host_str() == Some(host.to_string().as_str())
            && url.port_or_known_default() == Some(port)
            && url.username().is_empty()
            && url.password().is_none()
            && url.fragment().is_none();
        if !agreed {
            return Err(UrlError::Host);
        }
        let parsed = Self { url, host, port };
        parsed.check(policy)?;
        Ok(parsed)
    }

    /// The whole URL, to be stored; it may carry secrets in its path and query.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.url.as_str()
    }

    /// The host's name or address, which may be shown.
    #[must_use]
    pub fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    /// Holds the URL against a policy that may have become stricter since it was read.
    pub(crate) fn check(&self, policy: &GuardPolicy) -> Result<(), UrlError> {
        let (name, literal) = match &self.host {
            Host::Name(name) => (Some(name.as_str()), None),
            Host::Address(address) => (None, Some(*address)),
        };
        let plain = self.url.scheme() == Scheme::Http.name();
        if plain && !policy.allows_plain_http(name, literal) {
            return Err(UrlError::PlainHttp);
        }
        if name.is_some_and(|name| host_name::is_local(name) && !policy.allows_host(name)) {
            return Err(UrlError::LocalHost);
        }
        if let Some(address) = literal {
            policy
                .check_address(None, address)
                .map_err(|what| UrlError::Address { what })?;
        }
        let scheme = if plain { Scheme::Http } else { Scheme::Https };
        if !policy.allows_port(self.port, scheme.port()) {
            return Err(UrlError::PortRefused);
        }
        Ok(())
    }

    pub(crate) fn as_url(&self) -> &Url {
        &self.url
    }
}

impl fmt::Display for CallbackUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = self.url.scheme();
        write!(formatter, "{scheme}://{}:{}", self.host, self.port)
    }
}

impl fmt::Debug for CallbackUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "CallbackUrl({self}/…)")
    }
}

#[derive(Clone, Copy)]
enum Scheme {
    Http,
    Https,
}

impl Scheme {
    const fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    const fn port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

impl Host {
    fn parse(text: &str) -> Result<Self, UrlError> {
        if let Some(inner) = text.strip_prefix('[') {
            let inner = inner.strip_suffix(']').ok_or(UrlError::Host)?;
            let address: Ipv6Addr = inner.parse().map_err(|_| UrlError::Host)?;
            return Ok(Self::Address(address.into()));
        }
        // Four decimal numbers without leading zeros; every other spelling of an address falls through and is no name.
        if let Ok(address) = text.parse::<Ipv4Addr>() {
            return Ok(Self::Address(address.into()));
        }
        let name = text.to_ascii_lowercase();
        if !host_name::is_well_formed(&name) {
            return Err(UrlError::Host);
        }
        Ok(Self::Name(name))
    }
}

impl fmt::Display for Host {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => formatter.write_str(name),
            Self::Address(IpAddr::V4(address)) => write!(formatter, "{address}"),
            // As the URL standard writes it: never with the last part in dotted decimal.
            Self::Address(IpAddr::V6(address)) => match address.to_ipv4_mapped() {
                Some(mapped) => {
                    let [a, b, c, d] = mapped.octets().map(u16::from);
                    write!(formatter, "[::ffff:{:x}:{:x}]", a << 8 | b, c << 8 | d)
                }
                None => write!(formatter, "[{address}]"),
            },
        }
    }
}

/// Scheme and authority of a URL without anything that parsers disagree about.
fn split(text: &str) -> Result<(Scheme, &str), UrlError> {
    if text.len() > MAX_URL_BYTES {
        return Err(UrlError::TooLong);
    }
    if !text
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && byte != b'\\')
    {
        return Err(UrlError::Characters);
    }
    let (scheme, rest) = text.split_once("://").ok_or(UrlError::Scheme)?;
    let scheme = match scheme.to_ascii_lowercase().as_str() {
        "https" => Scheme::Https,
        "http" => Scheme::Http,
        _ => return Err(UrlError::Scheme),
    };
    if text.contains('#') {
        return Err(UrlError::Fragment);
    }
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    if authority.contains('@') {
        return Err(UrlError::Credentials);
    }
    Ok((scheme, authority))
}

fn split_port(authority: &str) -> Result<(&str, Option<&str>), UrlError> {
    let end_of_host = match authority.find(']') {
        Some(bracket) if authority.starts_with('[') => bracket + 1,
        Some(_) => return Err(UrlError::Host),
        None => authority.find(':').unwrap_or(authority.len()),
    };
    let (host, port) = authority.split_at(end_of_host);
    match port.strip_prefix(':') {
        Some(port) => Ok((host, Some(port))),
        None if port.is_empty() => Ok((host, None)),
        None => Err(UrlError::Host),
    }
}

fn parse_port(text: &str) -> Result<u16, UrlError> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    text.parse().ok().filter(|_| plain).ok_or(UrlError::Port)
}
