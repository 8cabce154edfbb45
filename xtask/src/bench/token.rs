//! Tokens of the adapter that asks in measurements.

use std::{
    sync::OnceLock,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::bench::{
    load::{ADAPTER, TENANT},
    server::ADAPTER_SECRET,
};

/// How long it is good: longer than any measurement.
const LIFE: Duration = Duration::from_hours(6);

#[expect(
    clippy::disallowed_methods,
    reason = "the measured server goes by the time of day, too"
)]
/// A token of the shared secret, made once (RFC 7519, HS256).
pub fn adapter_token() -> &'static str {
    static TOKEN: OnceLock<String> = OnceLock::new();
    TOKEN.get_or_init(|| {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = now.unwrap_or_default();
        signed(ADAPTER_SECRET, now.as_secs(), (now + LIFE).as_secs())
    })
}

fn signed(secret: &str, from: u64, until: u64) -> String {
    let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256","typ":"JWT"}"#);
    let claims = format!(
        r#"{{"type":"adapter","adapter_id":"{ADAPTER}","tenant_id":"{TENANT}","workspace_id":"main","allowed_capabilities":["exec"],"iat":{from},"exp":{until}}}"#
    );
    let said = format!("{header}.{}", URL_SAFE_NO_PAD.encode(claims));
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else {
        // HMAC takes keys of every length.
        return said;
    };
    mac.update(said.as_bytes());
    let signature = URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes());
    format!("{said}.{signature}")
}

#[cfg(test)]
mod tests {
    use crate::bench::token::signed;

    #[test]
    fn a_token_has_three_parts_and_depends_on_the_secret() {
        let (one, other) = (signed("a", 0, 1), signed("b", 0, 1));
        assert_eq!(one.split('.').count(), 3);
        let signature = |token: &str| token.rsplit('.').next().map(str::to_owned);
        assert_ne!(signature(&one), signature(&other));
        assert_eq!(signature(&one).map(|text| text.len()), Some(43));
    }
}
