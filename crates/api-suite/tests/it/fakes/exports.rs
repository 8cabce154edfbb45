//! The store of exports, which nobody makes, and an empty folder.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use clasper_core::{AuditEntry, Cursor, ExportId, Page, StoreError, TenantScope};
use clasper_exports::{
    ArchiveRead, Archives, Cancellation, Export, ExportState, ExportStore, NewExport, Packed,
};

use crate::fakes::Memory;

/// Exports; the log is the memory's.
pub struct Exported {
    memory: Arc<Memory>,
    known: Mutex<Vec<Export>>,
}

impl Exported {
    pub fn over(memory: Arc<Memory>) -> Self {
        let known = Mutex::default();
        Self { memory, known }
    }

    fn known(&self) -> MutexGuard<'_, Vec<Export>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl ExportStore for Exported {
    async fn request_export(
        &self,
        scope: &TenantScope,
        new: NewExport,
        most: u64,
        entry: AuditEntry,
    ) -> Result<Option<Export>, StoreError> {
        let mut known = self.known();
        if known.len() as u64 >= most {
            return Ok(None);
        }
        let export = Export {
            id: new.id,
            tenant: scope.tenant().clone(),
            scope: new.scope,
            requested_by: new.requested_by,
            created_at: entry.occurred_at,
            audit_seq: 1,
            state: ExportState::Queued,
        };
        known.push(export.clone());
        self.memory.state().record(entry);
        Ok(Some(export))
    }

    async fn find_export(
        &self,
        scope: &TenantScope,
        id: ExportId,
    ) -> Result<Option<Export>, StoreError> {
        let known = self.known();
        let own = |export: &&Export| export.tenant == *scope.tenant() && export.id == id;
        Ok(known.iter().find(own).cloned())
    }

    async fn list_exports(
        &self,
        scope: &TenantScope,
        _: Option<&Cursor>,
        _: u32,
    ) -> Result<Page<Export>, StoreError> {
        let known = self.known();
        let own = known.iter().rev().filter(|e| e.tenant == *scope.tenant());
        let items = own.cloned().collect();
        Ok(Page { items, next: None })
    }

    async fn cancel_export(
        &self,
        scope: &TenantScope,
        id: ExportId,
        entry: AuditEntry,
    ) -> Result<Cancellation, StoreError> {
        let mut known = self.known();
        let own = |export: &&mut Export| export.tenant == *scope.tenant() && export.id == id;
        let Some(export) = known.iter_mut().find(own) else {
            return Ok(Cancellation::NotFound);
        };
        if export.state != ExportState::Queued {
            return Ok(Cancellation::Over(export.state.name()));
        }
        let at = entry.occurred_at;
        export.state = ExportState::Cancelled { at };
        self.memory.state().record(entry);
        Ok(Cancellation::Done)
    }

    async fn note_download(
        &self,
        _: &TenantScope,
        _: ExportId,
        _: AuditEntry,
    ) -> Result<bool, StoreError> {
        Ok(false)
    }
}

/// Has nothing.
pub struct NoArchives;

#[async_trait]
impl Archives for NoArchives {
    fn create(&self, _: ExportId, _: &str) -> io::Result<Box<dyn Write + Send>> {
        Err(io::ErrorKind::Unsupported.into())
    }

    async fn pack(&self, _: ExportId) -> io::Result<Packed> {
        Err(io::ErrorKind::Unsupported.into())
    }

    async fn open(&self, _: ExportId) -> io::Result<Option<ArchiveRead>> {
        Ok(None)
    }

    async fn discard(&self, _: ExportId) -> io::Result<()> {
        Ok(())
    }

    async fn list(&self) -> io::Result<Vec<ExportId>> {
        Ok(Vec::new())
    }
}
