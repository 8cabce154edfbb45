//! Rate limits by credential.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::http::Request;

use clasper_core::Credential;
use clasper_http::{CredentialLimiter, RateLimit};

use crate::app::{get, send};
use crate::auth::router;

struct Time(Arc<AtomicU64>);

impl Time {
    fn advance(&self, millis: u64) {
        self.0.fetch_add(millis, Ordering::Relaxed);
    }
}

/// One request per `1/per_second` second, two at once, on a time that stands still.
fn limiter(per_second: u32) -> (CredentialLimiter, Time) {
    let limit = RateLimit {
        per_second: NonZeroU32::new(per_second).expect("not zero"),
        burst: NonZeroU32::new(2).expect("not zero"),
    };
    let millis = Arc::new(AtomicU64::new(0));
    let time = Time(Arc::clone(&millis));
    let limiter = CredentialLimiter::with_time(Some(limit), move || {
        Duration::from_millis(millis.load(Ordering::Relaxed))
    });
    (limiter, time)
}

fn acme() -> Request<axum::body::Body> {
    let mut request = get("/things");
    let value = "Bearer acme-key".parse().expect("a header value");
    request.headers_mut().insert("authorization", value);
    request
}

#[tokio::test]
async fn more_than_the_burst_is_429_until_time_has_passed() {
    let (limiter, time) = limiter(1);
    let app = router(limiter);
    for _ in 0..2 {
        assert_eq!(send(&app, acme()).await.status, 200);
    }
    let refused = send(&app, acme()).await;
    assert_eq!(
        (refused.status.as_u16(), refused.code()),
        (429, "rate_limited")
    );
    assert_eq!(refused.header("retry-after"), Some("1"));
    assert_eq!(refused.body["retry_after"], 1);
    time.advance(1000);
    assert_eq!(send(&app, acme()).await.status, 200);
    assert_eq!(send(&app, acme()).await.status, 429);
}

#[test]
fn credentials_are_counted_apart() {
    let (limiter, _time) = limiter(1);
    for _ in 0..2 {
        assert!(limiter.check(&Credential::DaemonKey).is_ok());
    }
    assert!(limiter.check(&Credential::DaemonKey).is_err());
    assert!(limiter.check(&Credential::LocalOperator).is_ok());
}

#[test]
fn a_sweep_forgets_the_quiet_and_keeps_the_busy() {
    let (limiter, time) = limiter(1);
    assert!(limiter.check(&Credential::LocalOperator).is_ok());
    time.advance(60_000);
    for _ in 0..2 {
        assert!(limiter.check(&Credential::DaemonKey).is_ok());
    }
    assert_eq!(limiter.tracked(), 2);
    limiter.sweep();
    assert_eq!(limiter.tracked(), 1);
    assert!(limiter.check(&Credential::DaemonKey).is_err());
}

#[test]
fn without_a_limit_everything_passes_and_nothing_is_kept() {
    let limiter = CredentialLimiter::new(None);
    for _ in 0..1000 {
        assert!(limiter.check(&Credential::DaemonKey).is_ok());
    }
    limiter.sweep();
    assert_eq!(limiter.tracked(), 0);
}
