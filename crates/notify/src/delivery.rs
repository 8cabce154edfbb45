//! What came of one attempt to deliver a message.

use std::error::Error;
use std::time::Duration;

use chrono::DateTime;
use clasper_core::Timestamp;

use crate::callback_url::UrlError;
use crate::resolver::{RefusedAddress, ResolveError};
use crate::schedule::MAX_RETRY_AFTER;

/// What came of one attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// The receiver has it.
    Accepted {
        /// 200 to 299.
        status: u16,
    },
    /// The receiver answered with another status.
    Refused {
        /// The status.
        status: u16,
        /// 410: the receiver wants no more messages at this address.
        permanent: bool,
        /// How long the receiver asks us to wait, at most [`MAX_RETRY_AFTER`].
        retry_after: Option<Duration>,
    },
    /// Nothing was sent, because we do not send there.
    Blocked {
        /// Why.
        reason: BlockReason,
    },
    /// No answer came, so nobody knows whether the receiver has it.
    Unreachable {
        /// What happened.
        cause: UnreachableCause,
    },
}

/// Why nothing was sent. Shown to the tenant, so it names no address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BlockReason {
    /// The URL does not pass the policy that is in force now.
    #[error("the URL is not allowed any more")]
    Url(#[source] UrlError),
    /// The host resolves to an address that callbacks may not reach.
    #[error("the host resolves to an address that is {what}")]
    Address {
        /// What kind of address it is.
        what: &'static str,
    },
    /// The message could not be signed.
    #[error("the message could not be signed")]
    Unsigned,
    /// The HTTP client cannot use the URL or the headers.
    #[error("the request could not be built")]
    Request,
}

/// Why there was no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnreachableCause {
    /// The name has no address now.
    #[error("the host's name could not be resolved")]
    Name,
    /// No connection, or no TLS on it.
    #[error("no connection could be made")]
    Connection,
    /// Not in time.
    #[error("the receiver did not answer in time")]
    Timeout,
    /// The connection broke, or the answer was no HTTP.
    #[error("the receiver's answer could not be read")]
    Answer,
}

impl Delivery {
    /// What a status means; `retry_after` is the header of that name, `now` the time of the attempt.
    pub(crate) fn from_answer(status: u16, retry_after: Option<&str>, now: Timestamp) -> Self {
        if (200..300).contains(&status) {
            return Self::Accepted { status };
        }
        Self::Refused {
            status,
            permanent: status == 410,
            retry_after: retry_after.and_then(|text| parse_retry_after(text, now)),
        }
    }

    /// What an error of the HTTP client means. Its text quotes addresses, so only its kind is used.
    pub(crate) fn from_error(error: &reqwest::Error) -> Self {
        if let Some(refused) = cause_of::<RefusedAddress>(error) {
            let reason = BlockReason::Address { what: refused.what };
            return Self::Blocked { reason };
        }
        if error.is_builder() {
            let reason = BlockReason::Request;
            return Self::Blocked { reason };
        }
        let cause = if cause_of::<ResolveError>(error).is_some() {
            UnreachableCause::Name
        } else if error.is_timeout() {
            UnreachableCause::Timeout
        } else if error.is_connect() {
            UnreachableCause::Connection
        } else {
            UnreachableCause::Answer
        };
        Self::Unreachable { cause }
    }
}

fn cause_of<E: Error + 'static>(error: &reqwest::Error) -> Option<&E> {
    let mut current: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(cause) = current {
        if let Some(found) = cause.downcast_ref() {
            return Some(found);
        }
        current = cause.source();
    }
    None
}

/// RFC 9110, section 10.2.3: seconds, or a date.
fn parse_retry_after(text: &str, now: Timestamp) -> Option<Duration> {
    let text = text.trim();
    let asked = if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // A number too large to hold is a very long time.
        text.parse().map_or(MAX_RETRY_AFTER, Duration::from_secs)
    } else {
        let date = DateTime::parse_from_rfc2822(text).ok()?;
        // A date in the past asks for no wait.
        (date.to_utc() - now).to_std().unwrap_or_default()
    };
    Some(asked.min(MAX_RETRY_AFTER))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        DateTime::from_timestamp(1_445_412_480, 0).expect("2015-10-21T07:28:00Z")
    }

    #[test]
    fn a_status_means_what_the_specification_says() {
        for status in [200, 202, 204, 299] {
            let delivery = Delivery::from_answer(status, None, now());
            assert_eq!(delivery, Delivery::Accepted { status });
        }
        for status in [
            101, 301, 302, 307, 400, 401, 404, 409, 410, 429, 500, 502, 503, 504,
        ] {
            let expected = Delivery::Refused {
                status,
                permanent: status == 410,
                retry_after: None,
            };
            assert_eq!(Delivery::from_answer(status, None, now()), expected);
        }
    }

    #[test]
    fn the_receivers_wish_to_wait_is_read_and_bounded() {
        for (text, seconds) in [
            ("120", Some(120)),
            (" 0 ", Some(0)),
            ("999999999999999999999999999", Some(86_400)),
            ("90000", Some(86_400)),
            ("Wed, 21 Oct 2015 07:29:30 GMT", Some(90)),
            ("Wed, 21 Oct 2015 07:00:00 GMT", Some(0)),
            ("Fri, 21 Oct 2150 07:00:00 GMT", None),
            ("Wed, 21 Oct 2150 07:00:00 GMT", Some(86_400)),
            ("-5", None),
            ("soon", None),
            ("", None),
        ] {
            let read = parse_retry_after(text, now());
            assert_eq!(read, seconds.map(Duration::from_secs), "{text:?}");
        }
    }
}
