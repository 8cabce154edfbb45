//! Where each provider is, under which variables it is configured, and whether it needs a key.

use std::net::IpAddr;

use clasper_runtime::model::ModelError;
use reqwest::Url;
use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};

/// How a provider is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wire {
    /// Chat Completions, as `OpenAI` and most others.
    ChatCompletions,
    /// Anthropic's Messages.
    Anthropic,
    /// Google's `generateContent`.
    Gemini,
}

/// A provider reached over HTTP.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Vendor {
    pub(crate) name: &'static str,
    pub(crate) wire: Wire,
    key_variable: &'static str,
    url_variable: &'static str,
    default_url: &'static str,
}

/// Every provider reached over HTTP.
pub(crate) const VENDORS: [Vendor; 7] = [
    Vendor {
        name: "openai",
        wire: Wire::ChatCompletions,
        key_variable: "OPENAI_API_KEY",
        url_variable: "OPENAI_BASE_URL",
        default_url: "https://api.openai.com/v1",
    },
    Vendor {
        name: "anthropic",
        wire: Wire::Anthropic,
        key_variable: "ANTHROPIC_API_KEY",
        url_variable: "ANTHROPIC_BASE_URL",
        default_url: "https://api.anthropic.com/v1",
    },
    Vendor {
        name: "google",
        wire: Wire::Gemini,
        key_variable: "GEMINI_API_KEY",
        url_variable: "GEMINI_BASE_URL",
        default_url: "https://generativelanguage.googleapis.com/v1beta",
    },
    Vendor {
        name: "xai",
        wire: Wire::ChatCompletions,
        key_variable: "XAI_API_KEY",
        url_variable: "XAI_BASE_URL",
        default_url: "https://api.x.ai/v1",
    },
    Vendor {
        name: "groq",
        wire: Wire::ChatCompletions,
        key_variable: "GROQ_API_KEY",
        url_variable: "GROQ_BASE_URL",
        default_url: "https://api.groq.com/openai/v1",
    },
    Vendor {
        name: "mistral",
        wire: Wire::ChatCompletions,
        key_variable: "MISTRAL_API_KEY",
        url_variable: "MISTRAL_BASE_URL",
        default_url: "https://api.mistral.ai/v1",
    },
    Vendor {
        name: "openrouter",
        wire: Wire::ChatCompletions,
        key_variable: "OPENROUTER_API_KEY",
        url_variable: "OPENROUTER_BASE_URL",
        default_url: "https://openrouter.ai/api/v1",
    },
];

/// A provider that can be reached.
#[derive(Debug, Clone)]
pub(crate) struct Endpoint {
    /// The base address; its path includes the version and has no trailing slash.
    pub(crate) base: Url,
    /// The key; none for a server on this machine or network that wants none.
    pub(crate) key: Option<SecretString>,
    /// Whether this is the provider's own address.
    pub(crate) own_address: bool,
}

impl Endpoint {
    /// The address of a resource under the base.
    pub(crate) fn resource(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        url.set_path(&format!("{}/{path}", self.base.path()));
        url
    }

    /// Puts address and key of `vendor` together.
    pub(crate) fn resolve(
        vendor: &Vendor,
        key: Option<&SecretString>,
        base: Option<&str>,
    ) -> Result<Self, ModelError> {
        let given = base.map(str::trim).filter(|text| !text.is_empty());
        let base =
            parse_base(vendor.wire, given.unwrap_or(vendor.default_url)).ok_or_else(|| {
                vendor.lacks(format!(
                    "{} is not an http or https address",
                    vendor.url_variable
                ))
            })?;
        let key = key
            .map(|key| key.expose_secret().trim())
            .filter(|key| !key.is_empty());
        match key {
            Some(key) if HeaderValue::from_str(key).is_err() => Err(vendor.lacks(format!(
                "{} has characters that no key has",
                vendor.key_variable
            ))),
            None if !is_private(&base) => Err(vendor.lacks(format!("set {}", vendor.key_variable))),
            key => Ok(Self {
                base,
                key: key.map(SecretString::from),
                own_address: given.is_none(),
            }),
        }
    }
}

impl Vendor {
    fn lacks(&self, advice: String) -> ModelError {
        ModelError::NotConfigured {
            provider: self.name.to_owned(),
            advice,
        }
    }
}

/// Reads a base address in any form people write it.
fn parse_base(wire: Wire, text: &str) -> Option<Url> {
    let mut url = Url::parse(text).ok()?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none_or(str::is_empty) {
        return None;
    }
    url.set_fragment(None);
    let path = url.path().trim_end_matches('/');
    let path = path.strip_suffix("/chat/completions").unwrap_or(path);
    let last_segment = path.rsplit('/').next().unwrap_or_default();
    // OpenAI's own clients take the path as given; Anthropic's and Google's add the version themselves, so people leave
    // it out.
    let version = match wire {
        Wire::ChatCompletions if path.is_empty() => "/v1",
        Wire::Anthropic if last_segment != "v1" => "/v1",
        Wire::Gemini if !last_segment.starts_with("v1") => "/v1beta",
        _ => "",
    };
    let path = format!("{path}{version}");
    url.set_path(&path);
    Some(url)
}

/// Whether plain HTTP goes to this machine or a private network, where servers usually have no keys.
fn is_private(url: &Url) -> bool {
    if url.scheme() != "http" {
        return false;
    }
    let host = url.host_str().unwrap_or_default();
    match host
        .trim_start_matches('[')
        .trim_end_matches(']')
        .parse::<IpAddr>()
    {
        Ok(IpAddr::V4(address)) => {
            address.is_loopback() || address.is_private() || address.is_link_local()
        }
        Ok(IpAddr::V6(address)) => {
            address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local()
        }
        // A name of one label, or under these, is never a public one.
        Err(_) => {
            !host.contains('.')
                || [".localhost", ".local", ".internal"]
                    .iter()
                    .any(|suffix| host.ends_with(suffix))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_addresses_are_read_in_every_form() {
        let check = |wire, text: &str, expected: Option<&str>| {
            assert_eq!(
                parse_base(wire, text).as_ref().map(Url::as_str),
                expected,
                "{text}"
            );
        };
        let chat = Wire::ChatCompletions;
        check(chat, "http://h:1", Some("http://h:1/v1"));
        check(chat, "http://h:1/", Some("http://h:1/v1"));
        check(chat, "http://h:1/v1", Some("http://h:1/v1"));
        check(chat, "http://h:1/v1/", Some("http://h:1/v1"));
        check(chat, "http://h:1/api/", Some("http://h:1/api"));
        check(
            chat,
            "http://h:1/v1/chat/completions",
            Some("http://h:1/v1"),
        );
        check(
            chat,
            "https://h/openai?api-version=1",
            Some("https://h/openai?api-version=1"),
        );
        check(chat, "ftp://h/v1", None);
        check(chat, "h:1/v1", None);
        check(chat, "not an address", None);
        check(Wire::Anthropic, "http://h", Some("http://h/v1"));
        check(
            Wire::Anthropic,
            "http://h/gateway/",
            Some("http://h/gateway/v1"),
        );
        check(Wire::Anthropic, "http://h/v1/", Some("http://h/v1"));
        check(Wire::Gemini, "http://h", Some("http://h/v1beta"));
        check(Wire::Gemini, "http://h/v1alpha", Some("http://h/v1alpha"));
    }

    #[test]
    fn only_plain_http_to_this_network_goes_without_a_key() {
        let check = |text: &str, expected| {
            assert_eq!(
                is_private(&Url::parse(text).expect("the test's own address")),
                expected,
                "{text}"
            );
        };
        check("http://127.0.0.1:8000/v1", true);
        check("http://localhost/v1", true);
        check("http://[::1]:8000/v1", true);
        check("http://10.1.2.3/v1", true);
        check("http://192.168.0.9/v1", true);
        check("http://ollama:11434/v1", true);
        check("http://host.docker.internal/v1", true);
        check("http://8.8.8.8/v1", false);
        check("http://models.example.com/v1", false);
        check("https://localhost/v1", false);
    }

    #[test]
    fn a_missing_key_is_named() {
        let error = Endpoint::resolve(&VENDORS[0], None, None).expect_err("there is no key");
        assert_eq!(
            error.to_string(),
            "the provider openai is not configured: set OPENAI_API_KEY"
        );
        let empty = SecretString::from(" \n");
        assert!(Endpoint::resolve(&VENDORS[0], Some(&empty), Some("")).is_err());
        assert!(Endpoint::resolve(&VENDORS[0], Some(&empty), Some("http://localhost:1")).is_ok());
    }

    #[test]
    fn a_key_that_cannot_be_sent_is_not_shown() {
        let key = SecretString::from("sk-se\ncret");
        let error =
            Endpoint::resolve(&VENDORS[0], Some(&key), None).expect_err("a key has no line feeds");
        assert!(!error.to_string().contains("cret"));
    }
}
