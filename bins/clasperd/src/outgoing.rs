//! What leaves the house by itself: callbacks and webhooks.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use clasper_auth::AeadSeal;
use clasper_core::{Classify, Clock, IdSource};
use clasper_delegated::{CallbackCheck, CallbackRefused};
use clasper_notify::{
    CallbackUrl, Courier, CourierConfig, GuardPolicy, GuardedSigning, PlainHttp, Ports,
    RetrySchedule, SigningKey, SigningKeys, SigningSender, SystemResolver,
};
use clasper_store::Store;
use clasper_webhook::{NoticeDeps, Notices, WebhookDeps, Webhooks};
use secrecy::{ExposeSecret, SecretString};

use crate::config::{PlainHttpMode, WebhookSection};

/// Names looked up at a time.
const LOOKUPS: usize = 16;

/// Callbacks and webhooks over the store.
pub struct Outgoing {
    /// The worker's tick.
    pub notices: Notices,
    /// The endpoints.
    pub webhooks: Webhooks,
    /// Which callback addresses are taken.
    pub callbacks: Arc<dyn CallbackCheck>,
}

/// Takes callback addresses that the policy accepts, if there is a secret to sign with: without one nobody who receives a
/// callback could trust it.
struct CheckedCallbacks {
    policy: GuardPolicy,
    is_signed: bool,
}

impl CallbackCheck for CheckedCallbacks {
    fn check(&self, url: &str) -> Result<String, CallbackRefused> {
        if !self.is_signed {
            return Err(CallbackRefused {
                code: "callback_not_configured",
                detail: "this server signs no callbacks: set CLASPER_WEBHOOK_SECRET, or poll GET /api/execution/{execution_id}?wait=30s and leave callback_url out".to_owned(),
            });
        }
        match CallbackUrl::parse(url, &self.policy) {
            Ok(url) => Ok(url.expose().to_owned()),
            Err(error) => Err(CallbackRefused {
                code: error.code(),
                detail: error.to_string(),
            }),
        }
    }
}

/// Puts the parts together.
pub fn outgoing(
    section: &WebhookSection,
    store: &Arc<Store>,
    seal: &Arc<AeadSeal>,
    clock: &Arc<dyn Clock>,
    ids: &Arc<dyn IdSource>,
) -> Result<Outgoing> {
    let policy = policy(section)?;
    let keys = signing_keys(section)?;
    let is_signed = keys.is_some();
    let config = CourierConfig {
        timeout: Duration::from_millis(section.timeout_ms),
        ..CourierConfig::default()
    };
    let resolver = Arc::new(SystemResolver::new(LOOKUPS));
    let courier = Courier::new(policy.clone(), &config, resolver)
        .context("the courier of callbacks and webhooks cannot be made")?;
    let sender = SigningSender::new(courier, keys, RetrySchedule::standard());
    Ok(Outgoing {
        notices: Notices::new(NoticeDeps {
            notices: store.clone(),
            sender: Arc::new(sender),
            seal: seal.clone(),
            clock: clock.clone(),
            ids: ids.clone(),
        }),
        webhooks: Webhooks::new(WebhookDeps {
            endpoints: store.clone(),
            signing: Arc::new(GuardedSigning::new(policy.clone())),
            seal: seal.clone(),
            clock: clock.clone(),
            ids: ids.clone(),
        }),
        callbacks: Arc::new(CheckedCallbacks { policy, is_signed }),
    })
}

fn policy(section: &WebhookSection) -> Result<GuardPolicy> {
    let mut policy = GuardPolicy::default().plain_http(match section.plain_http {
        PlainHttpMode::Refused => PlainHttp::Refused,
        PlainHttpMode::ToAllowed => PlainHttp::ToAllowed,
        PlainHttpMode::Anywhere => PlainHttp::Anywhere,
    });
    if !section.allow_ports.is_empty() {
        policy = policy.ports(Ports::Also(section.allow_ports.iter().copied().collect()));
    }
    for network in &section.allow_networks {
        policy = policy
            .allow_network(network)
            .context("webhooks.allow_networks")?;
    }
    for network in &section.deny_networks {
        policy = policy
            .deny_network(network)
            .context("webhooks.deny_networks")?;
    }
    for host in &section.allow_hosts {
        policy = policy.allow_host(host).context("webhooks.allow_hosts")?;
    }
    Ok(policy)
}

/// The server's keys, the current one first; those that it replaces sign too, so that receivers can change over.
fn signing_keys(section: &WebhookSection) -> Result<Option<SigningKeys>> {
    let Some(secret) = &section.secret else {
        return Ok(None);
    };
    let texts = secret.0.expose_secret().split_whitespace();
    let keys: Result<Vec<_>, _> = texts
        .map(|text| SigningKey::parse(&SecretString::from(text)))
        .collect();
    let keys = keys
        .context("CLASPER_WEBHOOK_SECRET: make one with `echo whsec_$(openssl rand -base64 32)`")?;
    if keys.is_empty() {
        return Ok(None);
    }
    let keys = SigningKeys::new(keys).context("CLASPER_WEBHOOK_SECRET")?;
    Ok(Some(keys))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Secret;

    fn check(section: &WebhookSection, url: &str) -> Result<String, &'static str> {
        let checked = CheckedCallbacks {
            policy: policy(section).expect("a policy"),
            is_signed: signing_keys(section).expect("keys").is_some(),
        };
        checked.check(url).map_err(|refused| refused.code)
    }

    fn signed() -> WebhookSection {
        WebhookSection {
            secret: Some(Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".into())),
            ..WebhookSection::default()
        }
    }

    #[test]
    fn callbacks_need_a_secret_and_a_plain_public_address() {
        let section = WebhookSection::default();
        let url = "https://hooks.example.com/a?b=c";
        assert_eq!(check(&section, url), Err("callback_not_configured"));
        assert_eq!(check(&signed(), url), Ok(url.to_owned()));
        for url in [
            "http://hooks.example.com/",
            "https://10.20.0.7/",
            "https://2130706433/",
            "https://user:secret@hooks.example.com/",
            "https://[::ffff:127.0.0.1]/",
            "https://localhost/",
        ] {
            assert!(check(&signed(), url).is_err(), "{url}");
        }
    }

    #[test]
    fn an_operator_opens_networks_and_hosts_by_name() {
        let section = WebhookSection {
            allow_networks: vec!["10.20.0.0/16".to_owned()],
            allow_hosts: vec!["backend".to_owned()],
            allow_ports: vec![8443],
            plain_http: PlainHttpMode::ToAllowed,
            ..signed()
        };
        for url in ["https://10.20.0.7:8443/a", "http://backend/a"] {
            assert_eq!(check(&section, url), Ok(url.to_owned()));
        }
        assert!(check(&section, "https://10.21.0.7/").is_err());
    }

    #[test]
    fn a_secret_that_is_no_key_keeps_the_server_from_starting_and_is_not_shown() {
        let section = WebhookSection {
            secret: Some(Secret("a-password".into())),
            ..WebhookSection::default()
        };
        let error = format!("{:#}", signing_keys(&section).expect_err("no key"));
        assert!(error.contains("CLASPER_WEBHOOK_SECRET"), "{error}");
        assert!(!error.contains("a-password"), "{error}");
    }
}
