//! Exports as they are sent.

use clasper_api_types::{
    ExportArchiveView, ExportErrorView, ExportProgressView, ExportScopeView, ExportView,
};
use clasper_exports::{Export, ExportState};

pub(super) fn export(export: Export) -> ExportView {
    let state = export.state.name().to_owned();
    let download = format!("/ops/api/exports/{}/download", export.id);
    let mut view = ExportView {
        export_id: export.id,
        tenant_id: export.tenant,
        state,
        scope: ExportScopeView {
            workspace_id: export.scope.workspace,
            trace_id: export.scope.trace,
            start_date: export.scope.from.map(Into::into),
            end_date: export.scope.to.map(Into::into),
        },
        requested_by: export.requested_by,
        created_at: export.created_at.into(),
        started_at: None,
        ended_at: None,
        progress: None,
        archive: None,
        error: None,
    };
    match export.state {
        ExportState::Queued => {}
        ExportState::Running {
            started_at,
            progress,
        } => {
            view.started_at = Some(started_at.into());
            view.progress = Some(ExportProgressView {
                done: progress.done,
                total: progress.total,
            });
        }
        ExportState::Ready {
            at,
            expires_at,
            archive,
        } => {
            view.ended_at = Some(at.into());
            view.archive = Some(ExportArchiveView {
                download,
                expires_at: expires_at.into(),
                bytes: archive.bytes,
                sha256: archive.sha256.to_string(),
                entries: archive.entries,
            });
        }
        ExportState::Failed { at, failure } => {
            view.ended_at = Some(at.into());
            view.error = Some(ExportErrorView {
                code: failure.code().to_owned(),
                detail: failure.to_string(),
            });
        }
        ExportState::Cancelled { at } | ExportState::Expired { at } => {
            view.ended_at = Some(at.into());
        }
    }
    view
}
