//! Labels, annotations and comparisons, as their users see them.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use clasper_core::{
    AnnotationId, AuditEntry, AuditEntryId, AuditEvent, Caller, Classify, Clock, Cursor, ErrorKind,
    IdSource, Page, Permission, Sha256Digest, StoreError, TraceId, canonical_json,
};
use serde_json::json;

use crate::diff::{TraceDiff, diff};
use crate::note::{
    Annotation, LONGEST_ANNOTATION, LONGEST_LABEL, LabelChanges, NoteError, check_changes,
    check_key,
};
use crate::store::{AnnotationWrite, LabelWrite, NoteStore, TraceStore};
use crate::trace::Trace;

/// Why an operation on traces was refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TraceError {
    /// The caller lacks a permission.
    #[error("the permission {0} is needed")]
    Forbidden(Permission),
    /// The tenant has no such trace.
    #[error("there is no trace {0}")]
    NotFound(TraceId),
    /// The tenant had the trace, and its retention has dropped it.
    #[error(
        "the trace {0} was dropped by the tenant's retention: what the log says of it is at GET /audit?trace_id={0}"
    )]
    Dropped(TraceId),
    /// A label or annotation cannot be kept.
    #[error("{error}")]
    Note {
        /// What is wrong.
        error: NoteError,
        /// JSON pointer to the member at fault.
        pointer: String,
    },
    /// The database failed.
    #[error("the traces could not be read or written")]
    Store(#[from] StoreError),
    /// An audit entry could not be put into words; never for values that came from JSON.
    #[error("the audit entry has no JSON form")]
    Entry(#[from] serde_json::Error),
}

impl Classify for TraceError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Forbidden(_) => ErrorKind::Forbidden,
            Self::NotFound(_) => ErrorKind::NotFound,
            Self::Dropped(_) => ErrorKind::Gone,
            Self::Note {
                error: NoteError::TooMany,
                ..
            } => ErrorKind::Conflict,
            Self::Note { .. } => ErrorKind::InvalidInput,
            Self::Store(error) => error.kind(),
            Self::Entry(_) => ErrorKind::Internal,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Forbidden(_) => "permission_denied",
            Self::NotFound(_) => "trace_not_found",
            Self::Dropped(_) => "trace_dropped",
            Self::Note {
                error: NoteError::TooMany,
                ..
            } => "too_many_labels",
            Self::Note { .. } => "invalid_input",
            Self::Store(error) => error.code(),
            Self::Entry(_) => "internal_error",
        }
    }

    fn pointer(&self) -> Option<&str> {
        match self {
            Self::Note { pointer, .. } => Some(pointer),
            _ => None,
        }
    }
}

/// What a new annotation says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAnnotation {
    /// What it is about.
    pub key: String,
    /// The remark.
    pub value: String,
    /// Who is said to make it; the caller itself when absent.
    pub created_by: Option<String>,
}

/// Labels, annotates and compares traces. Cheap to clone.
#[derive(Clone)]
pub struct Traces {
    store: Arc<dyn TraceStore>,
    notes: Arc<dyn NoteStore>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
}

impl fmt::Debug for Traces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Traces").finish_non_exhaustive()
    }
}

impl Traces {
    /// The service over its stores.
    #[must_use]
    pub fn new(
        traces: Arc<dyn TraceStore>,
        notes: Arc<dyn NoteStore>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdSource>,
    ) -> Self {
        Self {
            store: traces,
            notes,
            clock,
            ids,
        }
    }

    /// Changes labels and answers all that the trace has then. Labels that are not named stay.
    ///
    /// # Errors
    /// [`TraceError`]; nothing is written then.
    pub async fn label(
        &self,
        caller: &Caller,
        trace: TraceId,
        changes: LabelChanges,
    ) -> Result<BTreeMap<String, String>, TraceError> {
        require(caller, Permission::TraceAnnotate)?;
        check_changes(&changes).map_err(|(error, key)| TraceError::Note {
            error,
            pointer: key.map_or_else(
                || "/labels".to_owned(),
                |key| format!("/labels/{}", escaped(&key)),
            ),
        })?;
        let entry = self.entry(caller, trace, AuditEvent::TraceLabelled, &json!({}))?;
        let scope = caller.scope();
        let written = self.notes.change_labels(&scope, trace, changes, entry);
        match written.await? {
            LabelWrite::Written(labels) => Ok(labels),
            LabelWrite::NoSuchTrace => Err(self.missing(caller, trace).await?),
            LabelWrite::Refused(error) => Err(TraceError::Note {
                error,
                pointer: "/labels".to_owned(),
            }),
        }
    }

    /// Adds an annotation. The log keeps its key and the hash of its text, which may be personal.
    ///
    /// # Errors
    /// [`TraceError`]; nothing is written then.
    pub async fn annotate(
        &self,
        caller: &Caller,
        trace: TraceId,
        said: NewAnnotation,
    ) -> Result<Annotation, TraceError> {
        require(caller, Permission::TraceAnnotate)?;
        check_annotation(&said)?;
        let actor = caller.principal.actor();
        let annotation = Annotation {
            id: AnnotationId::generate(&*self.ids),
            trace,
            key: said.key,
            value: said.value,
            created_by: said.created_by.unwrap_or_else(|| actor.clone()),
            actor,
            created_at: self.clock.now(),
        };
        let detail = json!({
            "annotation_id": annotation.id.to_string(),
            "key": annotation.key,
            "value_hash": Sha256Digest::of(annotation.value.as_bytes()).to_string(),
        });
        let entry = self.entry(caller, trace, AuditEvent::TraceAnnotated, &detail)?;
        let scope = caller.scope();
        let written = self.notes.annotate(&scope, annotation.clone(), entry);
        match written.await? {
            AnnotationWrite::Written => Ok(annotation),
            AnnotationWrite::NoSuchTrace => Err(self.missing(caller, trace).await?),
        }
    }

    /// A page of a trace's annotations, oldest first.
    ///
    /// # Errors
    /// [`TraceError::Forbidden`], [`TraceError::NotFound`] or [`TraceError::Store`].
    pub async fn annotations(
        &self,
        caller: &Caller,
        trace: TraceId,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<Annotation>, TraceError> {
        self.find(caller, trace).await?;
        let scope = caller.scope();
        let page = self.notes.list_annotations(&scope, trace, after, limit);
        Ok(page.await?)
    }

    /// Compares two traces of the tenant.
    ///
    /// # Errors
    /// [`TraceError::Forbidden`], [`TraceError::NotFound`] or [`TraceError::Dropped`], which name the one that is missing, or
    /// [`TraceError::Store`].
    pub async fn diff(
        &self,
        caller: &Caller,
        base: TraceId,
        compare: TraceId,
    ) -> Result<TraceDiff, TraceError> {
        let base = self.find(caller, base).await?;
        let compare = self.find(caller, compare).await?;
        Ok(diff(&base, &compare))
    }

    /// The trace.
    ///
    /// # Errors
    /// As [`Traces::diff`].
    pub async fn find(&self, caller: &Caller, trace: TraceId) -> Result<Trace, TraceError> {
        require(caller, Permission::TraceView)?;
        match self.store.find_trace(&caller.scope(), trace).await? {
            Some(found) => Ok(found),
            None => Err(self.missing(caller, trace).await?),
        }
    }

    /// Why there is no such trace: there never was, or retention has dropped it.
    async fn missing(&self, caller: &Caller, trace: TraceId) -> Result<TraceError, TraceError> {
        let dropped = self.store.was_dropped(&caller.scope(), trace).await?;
        Ok(if dropped {
            TraceError::Dropped(trace)
        } else {
            TraceError::NotFound(trace)
        })
    }

    fn entry(
        &self,
        caller: &Caller,
        trace: TraceId,
        event: AuditEvent,
        detail: &serde_json::Value,
    ) -> Result<AuditEntry, TraceError> {
        Ok(AuditEntry {
            id: AuditEntryId::generate(&*self.ids),
            tenant: caller.principal.tenant.clone(),
            workspace: None,
            trace: Some(trace),
            user: caller.principal.user.clone(),
            actor: caller.principal.actor(),
            event,
            target: Some(format!("trace:{trace}")),
            detail: canonical_json(detail)?,
            occurred_at: self.clock.now(),
        })
    }
}

fn check_annotation(said: &NewAnnotation) -> Result<(), TraceError> {
    let refused = |error, pointer: &str| TraceError::Note {
        error,
        pointer: pointer.to_owned(),
    };
    check_key(&said.key).map_err(|error| refused(error, "/key"))?;
    if !(1..=LONGEST_ANNOTATION).contains(&said.value.chars().count()) {
        return Err(refused(NoteError::Annotation, "/value"));
    }
    let name = said.created_by.as_deref().unwrap_or("x");
    if name.is_empty() || name.chars().count() > LONGEST_LABEL {
        return Err(refused(NoteError::Label, "/created_by"));
    }
    Ok(())
}

/// A member's name within a JSON pointer.
fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

const fn require(caller: &Caller, permission: Permission) -> Result<(), TraceError> {
    if caller.may(permission) {
        Ok(())
    } else {
        Err(TraceError::Forbidden(permission))
    }
}
