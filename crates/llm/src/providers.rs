//! Sends each request to its provider.

use std::time::Duration;

use async_trait::async_trait;
use clasper_runtime::model::{
    ModelError, ModelProvider, ModelRef, ModelReply, ModelRequest, ModelStream,
};
use reqwest::Client;
use secrecy::SecretString;

use crate::config::{LlmConfig, ScriptedConfig};
use crate::endpoint::{Endpoint, VENDORS, Vendor, Wire};
use crate::native::Native;
use crate::openai::ChatCompletions;
use crate::scripted::{self, ScriptedProvider};

/// The names of all providers, as they stand before the slash of `provider/model`.
pub const PROVIDERS: &[&str] = &[
    "openai",
    "anthropic",
    "google",
    "xai",
    "groq",
    "mistral",
    "openrouter",
    scripted::PROVIDER,
];

/// All configured providers behind the runtime's port.
pub struct Providers {
    routes: Vec<(&'static str, Route)>,
}

/// A provider; one that is not configured keeps the error that says what is missing.
type Route = Result<Box<dyn ModelProvider>, ModelError>;

impl Providers {
    /// Reads the configuration. Providers without a key are no error until they are asked for. `http` should be made
    /// by [`http_client`](crate::http_client), or at least have no timeout of its own (it would cut long streams) and
    /// follow no redirects.
    #[must_use]
    pub fn new(config: &LlmConfig, http: &Client) -> Self {
        let mut routes: Vec<_> = VENDORS
            .iter()
            .map(|vendor| {
                let (key, base) = settings(config, vendor.name);
                let endpoint = Endpoint::resolve(vendor, key, base);
                (
                    vendor.name,
                    endpoint
                        .map(|endpoint| connect(vendor, &endpoint, config.request_timeout, http)),
                )
            })
            .collect();
        routes.push((
            scripted::PROVIDER,
            scripted_route(&config.scripted, config.request_timeout),
        ));
        Self { routes }
    }

    fn route(&self, model: &ModelRef) -> Result<&dyn ModelProvider, ModelError> {
        let unknown = |advice: String| ModelError::NotConfigured {
            provider: model.provider.clone(),
            advice,
        };
        let Some((_, route)) = self.routes.iter().find(|(name, _)| *name == model.provider) else {
            return Err(unknown(format!("use one of {}", PROVIDERS.join(", "))));
        };
        if model.model.is_empty() {
            return Err(unknown("name a model".to_owned()));
        }
        route.as_deref().map_err(Clone::clone)
    }
}

#[async_trait]
impl ModelProvider for Providers {
    fn check(&self, model: &ModelRef) -> Result<(), ModelError> {
        self.route(model)?.check(model)
    }

    async fn complete(&self, request: &ModelRequest) -> Result<ModelReply, ModelError> {
        self.route(&request.model)?.complete(request).await
    }

    async fn stream(&self, request: &ModelRequest) -> Result<ModelStream, ModelError> {
        self.route(&request.model)?.stream(request).await
    }
}

fn settings<'a>(
    config: &'a LlmConfig,
    provider: &str,
) -> (Option<&'a SecretString>, Option<&'a str>) {
    let (keys, urls) = (&config.keys, &config.base_urls);
    let (key, base) = match provider {
        "openai" => (&keys.openai, &urls.openai),
        "anthropic" => (&keys.anthropic, &urls.anthropic),
        "google" => (&keys.google, &urls.google),
        "xai" => (&keys.xai, &urls.xai),
        "groq" => (&keys.groq, &urls.groq),
        "mistral" => (&keys.mistral, &urls.mistral),
        "openrouter" => (&keys.openrouter, &urls.openrouter),
        _ => return (None, None),
    };
    (key.as_ref(), base.as_deref())
}

fn connect(
    vendor: &Vendor,
    endpoint: &Endpoint,
    timeout: Duration,
    http: &Client,
) -> Box<dyn ModelProvider> {
    match vendor.wire {
        Wire::ChatCompletions => Box::new(ChatCompletions::new(
            vendor.name,
            endpoint,
            timeout,
            http.clone(),
        )),
        Wire::Anthropic | Wire::Gemini => {
            Box::new(Native::new(vendor.wire, endpoint, timeout, http.clone()))
        }
    }
}

fn scripted_route(config: &ScriptedConfig, timeout: Duration) -> Route {
    if config.enabled {
        return Ok(Box::new(ScriptedProvider::new(config.delay, timeout)));
    }
    Err(ModelError::NotConfigured {
        provider: scripted::PROVIDER.to_owned(),
        advice: "scripted answers are switched off".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_vendor_is_listed_and_has_its_settings() {
        let set = || Some(SecretString::from("key"));
        let config = LlmConfig {
            keys: crate::ProviderKeys {
                openai: set(),
                anthropic: set(),
                google: set(),
                xai: set(),
                groq: set(),
                mistral: set(),
                openrouter: set(),
            },
            ..LlmConfig::default()
        };
        let names: Vec<&str> = VENDORS
            .iter()
            .map(|vendor| vendor.name)
            .chain([scripted::PROVIDER])
            .collect();
        assert_eq!(names, PROVIDERS);
        for vendor in VENDORS {
            assert!(
                settings(&config, vendor.name).0.is_some(),
                "{}",
                vendor.name
            );
        }
    }
}
