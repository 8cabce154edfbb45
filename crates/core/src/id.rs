//! Typed ids over UUID v7, one type per kind, made by an injected source.

use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Where new ids come from.
///
/// Services hold one as `Arc<dyn IdSource>`, so that tests can make ids predictable.
pub trait IdSource: Send + Sync {
    /// A UUID that this source has not returned before.
    fn next_uuid(&self) -> Uuid;
}

/// Ids by the system clock and operating-system randomness (UUID v7, RFC 9562).
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemIds;

impl IdSource for SystemIds {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that ids come from"
    )]
    fn next_uuid(&self) -> Uuid {
        Uuid::now_v7()
    }
}

/// Ids counted upwards from one, for tests whose output is compared.
#[derive(Debug, Default)]
pub struct SequentialIds(AtomicU64);

impl IdSource for SequentialIds {
    fn next_uuid(&self) -> Uuid {
        let n = self.0.fetch_add(1, Ordering::Relaxed) + 1;
        Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 | u128::from(n))
    }
}

/// The text is not a UUID.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a {kind} id: expected a UUID such as 0190c7a2-5b1e-7c3a-9f00-2b6d5a1e4c11")]
pub struct IdParseError {
    kind: &'static str,
}

macro_rules! id {
    ($($(#[$doc:meta])* $name:ident = $kind:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// A new id from `source`.
            pub fn generate(source: &dyn IdSource) -> Self {
                Self(source.next_uuid())
            }

            /// The id as it was stored.
            #[must_use]
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The id that these 16 bytes are.
            #[must_use]
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }

            /// The bare UUID, for storage.
            #[must_use]
            pub const fn as_uuid(&self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = IdParseError;

            fn from_str(text: &str) -> Result<Self, IdParseError> {
                Uuid::try_parse(text).map(Self).map_err(|_| IdParseError { kind: $kind })
            }
        }
    )*};
}

id! {
    /// One annotation of a trace.
    AnnotationId = "annotation";
    /// An adapter's own key (not the secret itself).
    AdapterKeyId = "adapter key";
    /// A tenant's API key (not the secret itself).
    ApiKeyId = "API key";
    /// One immutable bundle of policies.
    BundleId = "policy bundle";
    /// One answer to an adapter that asked for a tool; also the id of the token that came with it.
    ToolAuthorizationId = "tool authorization";
    /// One entry of the audit log.
    AuditEntryId = "audit entry";
    /// One decision about an intent.
    DecisionId = "decision";
    /// An endpoint of a tenant's webhooks.
    EndpointId = "webhook endpoint";
    /// An export of a tenant's log.
    ExportId = "export";
    /// One governed execution, from decision to outcome.
    ExecutionId = "execution";
    /// A single-use capability.
    GrantId = "grant";
    /// One running `clasperd` process.
    InstanceId = "instance";
    /// A message waiting to be delivered to a backend or endpoint.
    OutboxMessageId = "outbox message";
    /// The record of one execution.
    TraceId = "trace";
}

impl AuditEntryId {
    /// The id of a further entry that comes with this one. The same label always gives the same id, so that a write that is
    /// made again says the same; the moment within it stays.
    #[must_use]
    pub fn derived(self, label: &str) -> Self {
        let mut text = self.0.as_bytes().to_vec();
        text.extend_from_slice(label.as_bytes());
        let digest = crate::Sha256Digest::of(&text);
        let mut bytes = *self.0.as_bytes();
        // The first six bytes of a UUID v7 are its time; version and variant are set by the builder.
        bytes[6..].copy_from_slice(&digest.as_bytes()[..10]);
        let mut builder = uuid::Builder::from_bytes(bytes);
        builder.set_version(uuid::Version::SortRand);
        builder.set_variant(uuid::Variant::RFC4122);
        Self(builder.into_uuid())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_survives_its_text_form() {
        let id = TraceId::generate(&SystemIds);
        assert_eq!(id.to_string().parse(), Ok(id));
    }

    #[test]
    fn text_that_is_no_uuid_is_refused_by_kind() {
        let error = "nonsense".parse::<TraceId>().expect_err("not a uuid");
        assert!(error.to_string().starts_with("not a trace id"));
    }

    #[test]
    fn sequential_ids_differ_and_ascend() {
        let source = SequentialIds::default();
        assert!(TraceId::generate(&source) < TraceId::generate(&source));
    }

    #[test]
    fn derived_ids_differ_by_label_and_are_the_same_again() {
        let id = AuditEntryId::generate(&SystemIds);
        assert_eq!(id.derived("a"), id.derived("a"));
        assert_ne!(id.derived("a"), id.derived("b"));
        assert_ne!(id.derived("a"), id);
        let derived = id.derived("a").as_uuid();
        assert_eq!(derived.get_version_num(), 7);
        assert_eq!(derived.as_bytes()[..6], id.as_uuid().as_bytes()[..6]);
    }
}
