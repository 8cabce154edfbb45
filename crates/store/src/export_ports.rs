//! The store as the ports of exports.

use async_trait::async_trait;
use clasper_core::{AuditEntry, Cursor, ExportId, Page, StoreError, TenantScope, Timestamp};
use clasper_db::store_error;
use clasper_exports::{
    Cancellation, Export, ExportEnd, ExportJob, ExportJobs, ExportStore, NewExport, Progress, Taker,
};

use crate::read;
use crate::store::Store;
use crate::write;

#[async_trait]
impl ExportStore for Store {
    async fn request_export(
        &self,
        scope: &TenantScope,
        new: NewExport,
        most: u64,
        entry: AuditEntry,
    ) -> Result<Option<Export>, StoreError> {
        let scope = scope.clone();
        self.write(write::RequestExport {
            scope,
            new,
            most,
            entry,
        })
        .await
    }

    async fn find_export(
        &self,
        scope: &TenantScope,
        id: ExportId,
    ) -> Result<Option<Export>, StoreError> {
        read::export::find(&self.reader, scope, id)
            .await
            .map_err(store_error)
    }

    async fn list_exports(
        &self,
        scope: &TenantScope,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<Export>, StoreError> {
        read::export::list(&self.reader, scope, after, limit)
            .await
            .map_err(store_error)
    }

    async fn cancel_export(
        &self,
        scope: &TenantScope,
        id: ExportId,
        entry: AuditEntry,
    ) -> Result<Cancellation, StoreError> {
        let scope = scope.clone();
        self.write(write::CancelExport { scope, id, entry }).await
    }

    async fn note_download(
        &self,
        scope: &TenantScope,
        id: ExportId,
        entry: AuditEntry,
    ) -> Result<bool, StoreError> {
        let scope = scope.clone();
        self.write(write::NoteDownload { scope, id, entry }).await
    }
}

#[async_trait]
impl ExportJobs for Store {
    async fn take_export(&self, taker: Taker) -> Result<Option<ExportJob>, StoreError> {
        self.write(write::TakeExport(taker)).await
    }

    async fn report_export(
        &self,
        job: &ExportJob,
        progress: Progress,
        until: Timestamp,
    ) -> Result<bool, StoreError> {
        let job = job.clone();
        self.write(write::ReportExport {
            job,
            progress,
            until,
        })
        .await
    }

    async fn end_export(
        &self,
        job: &ExportJob,
        end: ExportEnd,
        entry: AuditEntry,
    ) -> Result<bool, StoreError> {
        let job = job.clone();
        self.write(write::EndExport { job, end, entry }).await
    }

    async fn expired_exports(&self, now: Timestamp, limit: u32) -> Result<Vec<Export>, StoreError> {
        read::export::expired(&self.reader, now, limit)
            .await
            .map_err(store_error)
    }

    async fn expire_export(&self, export: &Export, entry: AuditEntry) -> Result<bool, StoreError> {
        let export = export.clone();
        self.write(write::ExpireExport { export, entry }).await
    }

    async fn live_exports(&self, ids: &[ExportId]) -> Result<Vec<ExportId>, StoreError> {
        read::export::live(&self.reader, ids)
            .await
            .map_err(store_error)
    }

    async fn forget_exports(&self, before: Timestamp) -> Result<u64, StoreError> {
        self.write(write::ForgetExports { before }).await
    }
}
