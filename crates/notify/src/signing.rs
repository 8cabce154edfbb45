//! Addresses and keys of endpoints, as the courier knows them.

use aws_lc_rs::rand;
use clasper_core::Classify;
use clasper_webhook::{Address, AddressRefused, NoKey, Signing};
use secrecy::SecretString;

use crate::callback_url::CallbackUrl;
use crate::key::SigningKey;
use crate::policy::GuardPolicy;

/// Random bytes in a new secret.
const SECRET_BYTES: usize = 32;

/// Takes the addresses that a policy accepts, and makes keys from the system's randomness.
#[derive(Debug, Clone)]
pub struct GuardedSigning {
    policy: GuardPolicy,
}

impl GuardedSigning {
    /// By `policy`.
    #[must_use]
    pub const fn new(policy: GuardPolicy) -> Self {
        Self { policy }
    }
}

impl Signing for GuardedSigning {
    fn address(&self, url: &str) -> Result<Address, AddressRefused> {
        match CallbackUrl::parse(url, &self.policy) {
            Ok(url) => Ok(Address {
                origin: url.to_string(),
                url: url.expose().to_owned(),
            }),
            Err(error) => Err(AddressRefused {
                code: error.code(),
                detail: error.to_string(),
            }),
        }
    }

    fn new_secret(&self) -> Result<SecretString, NoKey> {
        let mut bytes = [0; SECRET_BYTES];
        rand::fill(&mut bytes).map_err(|_| NoKey)?;
        let key = SigningKey::symmetric(&bytes).map_err(|_| NoKey)?;
        Ok(key.text().clone())
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn a_new_secret_is_a_key_and_never_the_same() {
        let signing = GuardedSigning::new(GuardPolicy::default());
        let (one, two) = (signing.new_secret(), signing.new_secret());
        let (one, two) = (one.expect("a secret"), two.expect("a secret"));
        assert!(SigningKey::parse(&one).is_ok());
        assert_ne!(one.expose_secret(), two.expose_secret());
    }

    #[test]
    fn an_address_shows_no_more_than_its_origin() {
        let signing = GuardedSigning::new(GuardPolicy::default());
        let address = signing.address("https://hooks.example.com/a?token=s3cret");
        assert_eq!(
            address.expect("taken").origin,
            "https://hooks.example.com:443"
        );
        let refused = signing.address("https://127.0.0.1/").expect_err("loopback");
        assert_eq!(refused.code, "callback_url_refused");
    }
}
