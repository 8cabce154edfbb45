//! The header `Idempotency-Key`.

use axum::extract::FromRequestParts;
use axum::http::HeaderName;
use axum::http::request::Parts;
use clasper_http::Problem;

const HEADER: HeaderName = HeaderName::from_static("idempotency-key");
const LONGEST: usize = 200;

/// The client's name for this request: the same request with the same key is answered once and for all.
pub(super) struct IdempotencyKey(pub(super) Option<String>);

impl<S: Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let mut values = parts.headers.get_all(HEADER).iter();
        let Some(value) = values.next() else {
            return Ok(Self(None));
        };
        let key = value.to_str().ok().filter(|text| {
            let visible = text.bytes().all(|byte| byte.is_ascii_graphic());
            visible && (1..=LONGEST).contains(&text.len())
        });
        match (key, values.next()) {
            (Some(key), None) => Ok(Self(Some(key.to_owned()))),
            _ => Err(Problem::invalid(
                "/header/idempotency-key",
                format!("must be sent once, with 1 to {LONGEST} visible ASCII characters"),
            )),
        }
    }
}
