//! How many requests each credential may make per second.

use std::collections::BTreeMap;
use std::fmt;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};

use clasper_core::{Credential, TenantId};

use crate::Problem;

/// A steady rate, and how far above it a credential may go at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimit {
    /// Requests per second in the long run.
    pub per_second: NonZeroU32,
    /// Requests at once, after a pause.
    pub burst: NonZeroU32,
}

/// Time since some fixed moment; it never runs backwards.
#[derive(Clone)]
struct Elapsed(Arc<dyn Fn() -> Duration + Send + Sync>);

impl Clock for Elapsed {
    type Instant = Duration;

    fn now(&self) -> Duration {
        (self.0)()
    }
}

/// Most tenants whose refused requests are counted apart.
const MOST_COUNTED: usize = 1000;

struct Limiter {
    time: Elapsed,
    /// Requests turned away, by tenant; `None` where none was named yet.
    refused: Mutex<BTreeMap<Option<TenantId>, u64>>,
    states:
        RateLimiter<Credential, DashMapStateStore<Credential>, Elapsed, NoOpMiddleware<Duration>>,
}

/// Limits requests by credential. Clones share their counts. They are kept in this process: with several replicas the
/// limit holds per replica.
#[derive(Clone)]
pub struct CredentialLimiter(Option<Arc<Limiter>>);

impl CredentialLimiter {
    /// A limiter of `limit` on the machine's monotonic time; `None` lets everything pass.
    #[must_use]
    pub fn new(limit: Option<RateLimit>) -> Self {
        let start = Instant::now();
        Self::with_time(limit, move || start.elapsed())
    }

    /// The same on another time, which must not run backwards.
    #[must_use]
    pub fn with_time(
        limit: Option<RateLimit>,
        time: impl Fn() -> Duration + Send + Sync + 'static,
    ) -> Self {
        let time = Elapsed(Arc::new(time));
        Self(limit.map(|limit| {
            let quota = Quota::per_second(limit.per_second).allow_burst(limit.burst);
            Arc::new(Limiter {
                states: RateLimiter::dashmap_with_clock(quota, time.clone()),
                time,
                refused: Mutex::default(),
            })
        }))
    }

    /// Counts one request of `credential`.
    ///
    /// # Errors
    /// A 429 with `Retry-After` when it has made too many; that request does not count.
    pub fn check(&self, credential: &Credential) -> Result<(), Problem> {
        let Some(limiter) = &self.0 else {
            return Ok(());
        };
        limiter.states.check_key(credential).map_err(|until| {
            let wait = until.wait_time_from(limiter.time.now());
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            Problem::new(
                StatusCode::TOO_MANY_REQUESTS,
                "rate_limited",
                "too many requests with this credential: wait as long as `Retry-After` says",
            )
            .retry_after(seconds.max(1))
        })
    }

    /// The same for a request within `tenant`, `None` where none is named yet; one that is turned away is remembered.
    ///
    /// # Errors
    /// As [`CredentialLimiter::check`].
    pub fn check_within(
        &self,
        credential: &Credential,
        tenant: Option<&TenantId>,
    ) -> Result<(), Problem> {
        let checked = self.check(credential);
        if checked.is_err()
            && let Some(limiter) = &self.0
        {
            let mut refused = limiter
                .refused
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            let known = refused.len() < MOST_COUNTED || refused.contains_key(&tenant.cloned());
            let counted = tenant.filter(|_| known).cloned();
            *refused.entry(counted).or_default() += 1;
        }
        checked
    }

    /// How many requests were turned away since the last time this was asked, by tenant.
    #[must_use]
    pub fn take_refused(&self) -> Vec<(Option<TenantId>, u64)> {
        let Some(limiter) = &self.0 else {
            return Vec::new();
        };
        let mut refused = limiter
            .refused
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *refused).into_iter().collect()
    }

    /// Forgets the credentials that have been quiet long enough to start afresh. Call it now and then, or memory grows
    /// with every token ever seen.
    pub fn sweep(&self) {
        if let Some(limiter) = &self.0 {
            limiter.states.retain_recent();
            limiter.states.shrink_to_fit();
        }
    }

    /// How many credentials are being counted.
    #[must_use]
    pub fn tracked(&self) -> usize {
        self.0.as_ref().map_or(0, |limiter| limiter.states.len())
    }
}

impl fmt::Debug for CredentialLimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CredentialLimiter")
            .field("on", &self.0.is_some())
            .finish_non_exhaustive()
    }
}
