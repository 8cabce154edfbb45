#![doc = include_str!("../README.md")]

mod address;
mod callback_url;
mod caller_headers;
mod courier;
mod delivery;
mod host_name;
mod key;
mod message_id;
mod policy;
mod resolver;
mod schedule;
mod sender;
mod signature;
mod signing;

pub use address::is_public;
pub use callback_url::{CallbackUrl, MAX_URL_BYTES, UrlError};
pub use caller_headers::{CallerHeaders, HeaderError};
pub use courier::{Courier, CourierConfig, CourierError, Message, USER_AGENT};
pub use delivery::{BlockReason, Delivery, UnreachableCause};
pub use key::{KeyError, MAX_KEYS, SigningKey, SigningKeys, VerifyingKey};
pub use message_id::{MessageId, MessageIdError};
pub use policy::{GuardPolicy, PlainHttp, PolicyError, Ports};
pub use resolver::{ResolveError, Resolver, SystemResolver};
pub use schedule::{MAX_RETRY_AFTER, NextStep, RetrySchedule};
pub use sender::SigningSender;
pub use signature::{
    ID_HEADER, SIGNATURE_HEADER, SignError, SignedHeaders, TIMESTAMP_HEADER, TOLERANCE,
    VerifyError, body_signature, sign, verify,
};
pub use signing::GuardedSigning;
