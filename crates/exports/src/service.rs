//! What people do with exports.

use std::fmt;
use std::sync::Arc;

use clasper_core::{AuditEvent, Caller, Clock, Cursor, ExportId, IdSource, Page, Permission};
use serde_json::{Value, json};

use crate::audit;
use crate::error::Error;
use crate::job::{Export, ExportState};
use crate::ports::{ArchiveRead, Archives, Cancellation, ExportStore, NewExport};
use crate::scope::ExportScope;

/// Most exports of one tenant that wait, are being made or can be fetched: each may fill as much disk as its log.
const MOST_EXPORTS: u64 = 8;

/// What the service works with.
#[derive(Clone)]
pub struct ExportDeps {
    /// The exports.
    pub exports: Arc<dyn ExportStore>,
    /// The archives.
    pub archives: Arc<dyn Archives>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// New ids.
    pub ids: Arc<dyn IdSource>,
}

/// Asks for exports and hands them out. Cheap to clone.
#[derive(Clone)]
pub struct Exports(Arc<ExportDeps>);

impl fmt::Debug for Exports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exports").finish_non_exhaustive()
    }
}

impl Exports {
    /// The service over its ports.
    #[must_use]
    pub fn new(deps: ExportDeps) -> Self {
        Self(Arc::new(deps))
    }

    /// Asks for an export.
    ///
    /// # Errors
    /// [`Error`]; nothing is written then.
    pub async fn request(&self, caller: &Caller, scope: ExportScope) -> Result<Export, Error> {
        require(caller)?;
        if scope.from.zip(scope.to).is_some_and(|(from, to)| to < from) {
            return Err(Error::Dates);
        }
        let id = ExportId::generate(&*self.0.ids);
        let said = json!({"export_id": id.to_string(), "scope": scope.to_bundle()});
        let entry = self.entry(caller, AuditEvent::ExportRequested, id, &said)?;
        let new = NewExport {
            id,
            scope,
            requested_by: caller.principal.actor(),
        };
        let (tenant, most) = (caller.scope(), MOST_EXPORTS);
        let queued = self.0.exports.request_export(&tenant, new, most, entry);
        queued.await?.ok_or(Error::TooMany { most })
    }

    /// The tenant's exports, the newest first.
    ///
    /// # Errors
    /// [`Error::Forbidden`] or [`Error::Store`].
    pub async fn list(
        &self,
        caller: &Caller,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<Export>, Error> {
        require(caller)?;
        let scope = caller.scope();
        let found = self.0.exports.list_exports(&scope, after, limit);
        Ok(found.await?)
    }

    /// An export.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::NotFound`] or [`Error::Store`].
    pub async fn get(&self, caller: &Caller, id: ExportId) -> Result<Export, Error> {
        require(caller)?;
        let found = self.0.exports.find_export(&caller.scope(), id).await?;
        found.ok_or(Error::NotFound)
    }

    /// Calls an export off, or removes the archive of one that is ready.
    ///
    /// # Errors
    /// [`Error`]; nothing is written then.
    pub async fn cancel(&self, caller: &Caller, id: ExportId) -> Result<(), Error> {
        require(caller)?;
        let said = json!({"export_id": id.to_string()});
        let entry = self.entry(caller, AuditEvent::ExportCancelled, id, &said)?;
        let store = &self.0.exports;
        match store.cancel_export(&caller.scope(), id, entry).await? {
            Cancellation::Done => {}
            Cancellation::Over(state) => return Err(Error::Over(state)),
            Cancellation::NotFound => return Err(Error::NotFound),
        }
        if let Err(error) = self.0.archives.discard(id).await {
            // The next sweep tries again: nothing says any more that the archive is wanted.
            tracing::warn!(export = %id, %error, "the archive of an export that was called off is not removed yet");
        }
        Ok(())
    }

    /// The archive of a ready export. That it was handed out is in the log before its first byte.
    ///
    /// # Errors
    /// [`Error`]; nothing is written then.
    pub async fn download(
        &self,
        caller: &Caller,
        id: ExportId,
    ) -> Result<(Export, ArchiveRead), Error> {
        let export = self.get(caller, id).await?;
        let name = export.state.name();
        match &export.state {
            ExportState::Ready { expires_at, .. } if *expires_at > self.0.clock.now() => {}
            ExportState::Ready { .. } => return Err(Error::Gone("expired")),
            ExportState::Queued | ExportState::Running { .. } => return Err(Error::NotReady(name)),
            _ => return Err(Error::Gone(name)),
        }
        let archive = self.0.archives.open(id).await.map_err(Error::Read)?;
        let archive = archive.ok_or(Error::Elsewhere)?;
        let said = json!({"export_id": id.to_string()});
        let entry = self.entry(caller, AuditEvent::ExportDownloaded, id, &said)?;
        let scope = caller.scope();
        let noted = self.0.exports.note_download(&scope, id, entry);
        if noted.await? {
            Ok((export, archive))
        } else {
            Err(Error::Gone("gone"))
        }
    }

    fn entry(
        &self,
        caller: &Caller,
        event: AuditEvent,
        id: ExportId,
        detail: &Value,
    ) -> Result<clasper_core::AuditEntry, Error> {
        let made = (&*self.0.ids, self.0.clock.now());
        Ok(audit::by_caller(caller, event, id, detail, made)?)
    }
}

fn require(caller: &Caller) -> Result<(), Error> {
    let needed = Permission::AuditExport;
    caller
        .may(needed)
        .then_some(())
        .ok_or(Error::Forbidden(needed))
}
