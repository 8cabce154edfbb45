//! Keys by which executors sign their reports.

use std::fmt;

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_FIXED, ED25519, ParsedPublicKey,
};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use clasper_core::{AdapterId, Timestamp, canonical_json};
use serde_json::{Map, Value};

/// How reports are signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyAlgorithm {
    /// Ed25519 (RFC 8032).
    Ed25519,
    /// ECDSA over P-256 with SHA-256, in ASN.1 (DER) or as the 64 bytes of RFC 7518.
    Es256,
}

impl KeyAlgorithm {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ed25519 => "ed25519",
            Self::Es256 => "ES256",
        }
    }

    /// The algorithm of that name: `ed25519` (or `EdDSA`, as JOSE calls it) or `ES256`, however it is written.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().as_str() {
            "ed25519" | "eddsa" => Some(Self::Ed25519),
            "es256" => Some(Self::Es256),
            _ => None,
        }
    }
}

/// Why a key is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// Neither Ed25519 nor ES256.
    #[error("must be ed25519 or ES256")]
    Algorithm,
    /// It has the private part.
    #[error(
        "holds a private key: send the public part only, and make a new key, as this one has left its owner"
    )]
    Private,
    /// Not a key of the algorithm.
    #[error(
        "is no public key of the algorithm: expected {{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":…}} for ed25519 or {{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":…,\"y\":…}} for ES256"
    )]
    Shape,
}

impl KeyError {
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::Algorithm => "unsupported_algorithm",
            Self::Private => "private_key",
            Self::Shape => "invalid_key",
        }
    }

    pub(crate) const fn pointer(self) -> &'static str {
        match self {
            Self::Algorithm => "/key_alg",
            Self::Private | Self::Shape => "/public_jwk",
        }
    }
}

/// A public key that was read and checked.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey {
    algorithm: KeyAlgorithm,
    bytes: Vec<u8>,
    jwk: Map<String, Value>,
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PublicKey").field(&self.jwk).finish()
    }
}

impl PublicKey {
    /// Reads a JSON Web Key (RFC 7517). Members that are not part of the key are left out.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn read(algorithm: KeyAlgorithm, jwk: &Value) -> Result<Self, KeyError> {
        if jwk.get("d").is_some() {
            return Err(KeyError::Private);
        }
        let (kty, crv, members): (_, _, &[_]) = match algorithm {
            KeyAlgorithm::Ed25519 => ("OKP", "Ed25519", &["x"]),
            KeyAlgorithm::Es256 => ("EC", "P-256", &["x", "y"]),
        };
        let is = |name: &str, value: &str| jwk.get(name).and_then(Value::as_str) == Some(value);
        if !is("kty", kty) || !is("crv", crv) {
            return Err(KeyError::Shape);
        }
        let mut bytes = match algorithm {
            KeyAlgorithm::Ed25519 => Vec::new(),
            // An uncompressed point (SEC 1, section 2.3.3).
            KeyAlgorithm::Es256 => vec![4],
        };
        let mut known = Map::new();
        known.insert("kty".to_owned(), kty.into());
        known.insert("crv".to_owned(), crv.into());
        for name in members {
            let part = jwk.get(*name).and_then(Value::as_str);
            let part = part.and_then(decoded).filter(|part| part.len() == 32);
            let part = part.ok_or(KeyError::Shape)?;
            known.insert((*name).to_owned(), URL_SAFE_NO_PAD.encode(&part).into());
            bytes.extend(part);
        }
        let key = Self {
            algorithm,
            bytes,
            jwk: known,
        };
        key.parsed().ok_or(KeyError::Shape)?;
        Ok(key)
    }

    fn parsed(&self) -> Option<ParsedPublicKey> {
        match self.algorithm {
            KeyAlgorithm::Ed25519 => ParsedPublicKey::new(&ED25519, &self.bytes).ok(),
            KeyAlgorithm::Es256 => ParsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, &self.bytes).ok(),
        }
    }

    /// Whether `signature` over `message` is this key's.
    #[must_use]
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let is_good = |key: Option<ParsedPublicKey>| {
            key.is_some_and(|key| key.verify_sig(message, signature).is_ok())
        };
        is_good(self.parsed())
            || self.algorithm == KeyAlgorithm::Es256
                && is_good(ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &self.bytes).ok())
    }

    /// How it signs.
    #[must_use]
    pub const fn algorithm(&self) -> KeyAlgorithm {
        self.algorithm
    }

    /// The key as a JSON Web Key.
    #[must_use]
    pub const fn jwk(&self) -> &Map<String, Value> {
        &self.jwk
    }

    /// The key's thumbprint (RFC 7638), in base64url.
    #[must_use]
    pub fn thumbprint(&self) -> String {
        // Strings in a map always have a canonical form, which is the one of RFC 7638.
        let digest = canonical_json(&self.jwk).map(|text| text.digest());
        digest.map_or_else(|_| String::new(), |d| URL_SAFE_NO_PAD.encode(d.as_bytes()))
    }
}

/// Base64 or base64url, with or without padding.
pub(crate) fn decoded(text: &str) -> Option<Vec<u8>> {
    let text = text.trim_end_matches('=');
    let plain = URL_SAFE_NO_PAD.decode(text);
    let standard = || {
        let padded = format!("{text}{}", &"==="[..(4 - text.len() % 4) % 4]);
        STANDARD.decode(padded)
    };
    plain.or_else(|_| standard()).ok()
}

/// A key by which the reports of an adapter are verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TelemetryKey {
    /// Its id.
    pub id: String,
    /// The adapter.
    pub adapter: AdapterId,
    /// The version of the adapter that signs with it; any without one.
    pub version: Option<String>,
    /// The key.
    pub key: PublicKey,
    /// When it was set.
    pub created_at: Timestamp,
    /// When another took its place. What it signed before stays good.
    pub replaced_at: Option<Timestamp>,
    /// When it was revoked. Nothing that it signed is believed any more.
    pub revoked_at: Option<Timestamp>,
}

impl TelemetryKey {
    /// Whether it is the one in use.
    #[must_use]
    pub const fn is_current(&self) -> bool {
        self.replaced_at.is_none() && self.revoked_at.is_none()
    }

    /// Whether it may have signed something at `issued_at` for `version`.
    #[must_use]
    pub fn may_sign(&self, version: &str, issued_at: Timestamp) -> bool {
        self.revoked_at.is_none()
            && self.version.as_deref().is_none_or(|own| own == version)
            && self.replaced_at.is_none_or(|end| issued_at < end)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// RFC 7515, appendix A.3: key and signature in the form of JOSE.
    const SIGNED: &str = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    const SIGNATURE: &str =
        "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";

    fn es256() -> Value {
        json!({
            "kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
            "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0", "use": "sig"
        })
    }

    /// The same signature in ASN.1.
    fn der(raw: &[u8]) -> Vec<u8> {
        let integer = |part: &[u8]| {
            let lead: &[u8] = if part[0] >= 0x80 { &[0] } else { &[] };
            let length = u8::try_from(part.len() + lead.len()).expect("short");
            [&[2, length], lead, part].concat()
        };
        let body = [integer(&raw[..32]), integer(&raw[32..])].concat();
        let length = u8::try_from(body.len()).expect("short");
        [&[0x30, length], body.as_slice()].concat()
    }

    #[test]
    fn an_es256_signature_is_good_in_both_forms_and_for_its_message_only() {
        let key = PublicKey::read(KeyAlgorithm::Es256, &es256()).expect("a key");
        let raw = decoded(SIGNATURE).expect("base64");
        assert!(key.verifies(SIGNED.as_bytes(), &raw));
        assert!(key.verifies(SIGNED.as_bytes(), &der(&raw)));
        assert!(!key.verifies(b"something else", &raw));
        assert!(!key.verifies(SIGNED.as_bytes(), &raw[..63]));
        assert!(key.jwk().get("use").is_none());
    }

    #[test]
    fn a_key_has_the_thumbprint_of_the_standard() {
        // RFC 8037, appendix A.3.
        let jwk = json!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"});
        let key = PublicKey::read(KeyAlgorithm::Ed25519, &jwk).expect("a key");
        assert_eq!(
            key.thumbprint(),
            "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
        );
    }

    #[test]
    fn what_is_no_public_key_is_refused() {
        let mut private = es256();
        private["d"] = json!("jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI");
        let mut off_curve = es256();
        off_curve["y"] = off_curve["x"].clone();
        for (jwk, error) in [
            (private, KeyError::Private),
            (off_curve, KeyError::Shape),
            (json!({"kty": "EC", "crv": "P-384"}), KeyError::Shape),
            (json!("key"), KeyError::Shape),
        ] {
            assert_eq!(PublicKey::read(KeyAlgorithm::Es256, &jwk), Err(error));
        }
        for name in ["none", "HS256", "RS256", ""] {
            assert_eq!(KeyAlgorithm::of(name), None);
        }
    }
}
