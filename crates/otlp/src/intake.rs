//! Takes requests in: who may send, what is kept, and what the log says of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use clasper_core::{
    AuditEntry, AuditEntryId, AuditEvent, Caller, Classify, Clock, ErrorKind, IdSource, Permission,
    Sha256Digest, StoreError, TenantScope, WorkspaceId, canonical_json,
};
use clasper_privacy::{RedactionFailed, Redactions};
use serde_json::json;

use crate::decode::{DecodeError, Encoding, Received, decode};
use crate::span::Span;

/// Most spans in one request.
pub const MOST_SPANS: usize = 10_000;
/// Spans that are redacted before others have their turn on the processor.
const AT_ONCE: usize = 100;

/// Spans to keep, with what they came from.
#[derive(Debug, Clone)]
pub struct Recording {
    /// Whose.
    pub scope: TenantScope,
    /// The workspace of traces that begin with them.
    pub workspace: WorkspaceId,
    /// The spans, each once.
    pub spans: Arc<[Span]>,
    /// Resources with scopes, by their hash.
    pub sources: Arc<BTreeMap<Sha256Digest, String>>,
    /// The entry that justifies it; the store completes it with what was new.
    pub entry: AuditEntry,
}

/// What became of spans.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SpansRecorded {
    /// How many were new.
    pub added: u64,
    /// How many were known.
    pub known: u64,
    /// How many traces began with them.
    pub begun: u64,
}

/// A span as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptSpan {
    /// The span, redacted, as OTLP's JSON.
    pub document: String,
    /// Its resource and scope.
    pub source: String,
    /// When it began, in nanoseconds since 1970.
    pub started_nanos: i64,
    /// When it ended.
    pub ended_nanos: i64,
}

/// Keeps spans.
#[async_trait]
pub trait SpanStore: Send + Sync {
    /// Keeps what is new, brings the traces up to date and adds the entry, in one commit. Without anything new, nothing is
    /// written.
    async fn record_spans(&self, recording: Recording) -> Result<SpansRecorded, StoreError>;
}

/// What became of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intake {
    /// What became of the spans that can be kept.
    pub recorded: SpansRecorded,
    /// How many were refused.
    pub rejected: u64,
    /// Why the first of them was.
    pub reason: Option<String>,
}

/// Why a request was refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IntakeError {
    /// The caller lacks a permission.
    #[error("the permission {0} is needed")]
    Forbidden(Permission),
    /// The body is no request.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// The request has too many spans.
    #[error("a request has at most {MOST_SPANS} spans: export in smaller batches")]
    TooMany,
    /// Something could not be redacted.
    #[error(transparent)]
    Redaction(#[from] RedactionFailed),
    /// The tenant's redaction cannot be read.
    #[error(transparent)]
    Redactions(#[from] clasper_privacy::Error),
    /// The database failed.
    #[error("the spans could not be kept")]
    Store(#[from] StoreError),
    /// An audit entry could not be put into words; never for numbers and hashes.
    #[error("the audit entry has no JSON form")]
    Entry(#[from] serde_json::Error),
}

impl Classify for IntakeError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Forbidden(_) => ErrorKind::Forbidden,
            Self::Decode(_) | Self::TooMany => ErrorKind::InvalidInput,
            Self::Redaction(error) => error.kind(),
            Self::Redactions(error) => error.kind(),
            Self::Store(error) => error.kind(),
            Self::Entry(_) => ErrorKind::Internal,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Forbidden(_) => "permission_denied",
            Self::Decode(_) => "malformed_otlp",
            Self::TooMany => "too_many_spans",
            Self::Redaction(error) => error.code(),
            Self::Redactions(error) => error.code(),
            Self::Store(error) => error.code(),
            Self::Entry(_) => "internal_error",
        }
    }
}

/// Takes spans in. Cheap to clone.
#[derive(Clone)]
pub struct SpanIntake {
    store: Arc<dyn SpanStore>,
    redactions: Redactions,
    workspace: WorkspaceId,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
}

impl fmt::Debug for SpanIntake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SpanIntake").finish_non_exhaustive()
    }
}

impl SpanIntake {
    /// `workspace` is that of every trace that comes this way; `redactions` say what must not be kept of it.
    #[must_use]
    pub fn new(
        store: Arc<dyn SpanStore>,
        redactions: Redactions,
        workspace: WorkspaceId,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdSource>,
    ) -> Self {
        Self {
            store,
            redactions,
            workspace,
            clock,
            ids,
        }
    }

    /// Whether the caller may send spans.
    ///
    /// # Errors
    /// [`IntakeError::Forbidden`].
    pub const fn admit(&self, caller: &Caller) -> Result<(), IntakeError> {
        if caller.may(Permission::TraceIngest) {
            Ok(())
        } else {
            Err(IntakeError::Forbidden(Permission::TraceIngest))
        }
    }

    /// Redacts the spans of a request and keeps them; it answers when they are durable.
    ///
    /// # Errors
    /// [`IntakeError`]; nothing is kept then.
    pub async fn take(
        &self,
        caller: &Caller,
        body: &[u8],
        encoding: Encoding,
    ) -> Result<Intake, IntakeError> {
        self.admit(caller)?;
        let mut export = decode(body, encoding)?;
        if export.left() > MOST_SPANS {
            return Err(IntakeError::TooMany);
        }
        if export.left() > 0 {
            let privacy = self.redactions.of(&caller.scope()).await?;
            while export.left() > 0 {
                export.redact(&privacy, AT_ONCE)?;
                tokio::task::yield_now().await;
            }
        }
        let received = export.finish();
        let (rejected, reason) = (received.rejected, received.reason);
        let recorded = if received.spans.is_empty() {
            SpansRecorded::default()
        } else {
            let recording = self.recording(caller, received)?;
            self.store.record_spans(recording).await?
        };
        Ok(Intake {
            recorded,
            rejected,
            reason: reason.map(|reason| reason.to_string()),
        })
    }

    fn recording(&self, caller: &Caller, received: Received) -> Result<Recording, IntakeError> {
        let mut seen = BTreeSet::new();
        let mut spans = received.spans;
        spans.retain(|span| seen.insert((span.trace, span.id)));
        let entry = AuditEntry {
            id: AuditEntryId::generate(&*self.ids),
            tenant: caller.principal.tenant.clone(),
            workspace: Some(self.workspace.clone()),
            trace: None,
            user: caller.principal.user.clone(),
            actor: caller.principal.actor(),
            event: AuditEvent::SpansIngested,
            target: None,
            detail: canonical_json(&json!({"rejected": received.rejected}))?,
            occurred_at: self.clock.now(),
        };
        Ok(Recording {
            scope: caller.scope(),
            workspace: self.workspace.clone(),
            spans: spans.into(),
            sources: Arc::new(received.sources),
            entry,
        })
    }
}
