//! Addresses and keys of endpoints, as the courier knows them.

use aws_lc_rs::rand;
use clasper_core::Classify;
use clasper_webhook::{Address, AddressRefused, KeyKind, NewKey, NoKey, Signing};

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

    fn new_key(&self, kind: KeyKind) -> Result<NewKey, NoKey> {
        let mut bytes = [0; SECRET_BYTES];
        rand::fill(&mut bytes).map_err(|_| NoKey)?;
        let key = match kind {
            KeyKind::Symmetric => SigningKey::symmetric(&bytes),
            KeyKind::Asymmetric => SigningKey::ed25519(&bytes),
        };
        let key = key.map_err(|_| NoKey)?;
        let signing = key.text().clone();
        Ok(NewKey {
            verifying: key
                .public_text()
                .map_or_else(|| signing.clone(), Into::into),
            signing,
        })
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn a_new_key_signs_and_is_never_the_same() {
        let signing = GuardedSigning::new(GuardPolicy::default());
        for (kind, prefix) in [
            (KeyKind::Symmetric, "whsec_"),
            (KeyKind::Asymmetric, "whpk_"),
        ] {
            let (one, two) = (signing.new_key(kind), signing.new_key(kind));
            let (one, two) = (one.expect("a key"), two.expect("a key"));
            assert!(SigningKey::parse(&one.signing).is_ok());
            assert!(one.verifying.expose_secret().starts_with(prefix));
            assert_ne!(one.signing.expose_secret(), two.signing.expose_secret());
        }
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
