//! A JSON Web Key Set, reduced to the keys that may verify signatures.

use std::sync::Arc;

use jsonwebtoken::jwk::{
    AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, KeyOperations, PublicKeyUse,
};
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey};
use serde::Deserialize;
use serde_json::Value;

/// The keys of an issuer that may verify signatures. There is at least one.
pub(crate) struct KeySet(Vec<Key>);

struct Key {
    kid: String,
    algorithms: Vec<Algorithm>,
    decoding: Arc<DecodingKey>,
}

/// The set as it is sent. Keys are read one by one, so that a kind we do not know does not spoil the others.
#[derive(Deserialize)]
struct Document {
    keys: Vec<Value>,
}

impl KeySet {
    /// The usable keys in `body`, or `None` when there are none.
    pub(crate) fn parse(body: &[u8]) -> Option<Self> {
        let document: Document = serde_json::from_slice(body).ok()?;
        let keys: Vec<Key> = document.keys.into_iter().filter_map(read).collect();
        (!keys.is_empty()).then_some(Self(keys))
    }

    /// The key `kid` if it may verify `algorithm`.
    pub(crate) fn find(&self, kid: &str, algorithm: Algorithm) -> Option<Arc<DecodingKey>> {
        let fits = |key: &&Key| key.kid == kid && key.algorithms.contains(&algorithm);
        self.0
            .iter()
            .find(fits)
            .map(|key| Arc::clone(&key.decoding))
    }
}

fn read(value: Value) -> Option<Key> {
    let jwk: Jwk = serde_json::from_value(value).ok()?;
    let common = &jwk.common;
    let signs = matches!(common.public_key_use, None | Some(PublicKeyUse::Signature));
    let operations = common.key_operations.as_ref();
    let verifies = operations.is_none_or(|listed| listed.contains(&KeyOperations::Verify));
    let mut algorithms = algorithms(&jwk.algorithm);
    if let Some(only) = common.key_algorithm {
        algorithms.retain(|algorithm| KeyAlgorithm::from(*algorithm) == only);
    }
    if !signs || !verifies || algorithms.is_empty() {
        return None;
    }
    Some(Key {
        kid: common.key_id.clone()?,
        algorithms,
        decoding: Arc::new(DecodingKey::from_jwk(&jwk).ok()?),
    })
}

/// What a key of this form can verify. A symmetric key in a public document is no secret and verifies nothing.
fn algorithms(parameters: &AlgorithmParameters) -> Vec<Algorithm> {
    match parameters {
        AlgorithmParameters::RSA(_) => AlgorithmFamily::Rsa.algorithms().to_vec(),
        AlgorithmParameters::EllipticCurve(key) => match key.curve {
            EllipticCurve::P256 => vec![Algorithm::ES256],
            EllipticCurve::P384 => vec![Algorithm::ES384],
            _ => Vec::new(),
        },
        AlgorithmParameters::OctetKeyPair(key) if key.curve == EllipticCurve::Ed25519 => {
            vec![Algorithm::EdDSA]
        }
        _ => Vec::new(),
    }
}
