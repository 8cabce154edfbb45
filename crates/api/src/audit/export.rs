//! `GET /audit/export`

use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use clasper_api_state::ApiState;
use clasper_api_types::{AuditQuery, ExportFormat, ExportQuery};
use clasper_core::{LoggedEntry, Page, Permission, StoreError, TenantScope};
use clasper_evidence::{AuditFilter, CSV_HEADER, csv_row, jsonl_line, ocsf_event};
use clasper_http::{ApiQuery, Problem, ReadProblems, TenantCaller, TenantQuery, require};
use futures::stream;

use crate::audit::filter::filter;

/// Entries read at a time: what a response holds in memory.
const CHUNK: u32 = 500;

/// Export audit entries
///
/// The same entries as `GET /audit`, all of them, newest first, as a stream: `jsonl`, `csv`, or `ocsf` for SIEMs. What is written while it
/// runs is not in it. A response that ends without its last chunk is incomplete. Needs the permission `audit:view`.
#[utoipa::path(
    get,
    path = "/audit/export",
    tag = "audit",
    params(TenantQuery, AuditQuery, ExportQuery),
    responses(
        (
            status = 200, description = "The entries: JSON lines, or CSV.",
            content(
                (String = "application/x-ndjson", example = "{\"actor\":\"daemon_key\",\"event_type\":\"budget_changed\",\"seq\":7}\n"),
                (String = "text/csv", example = "seq,occurred_at,event_type\n7,2026-11-20T10:00:00Z,budget_changed\n"),
            )
        ),
        (status = 404, description = "The credential may not read the tenant that is named.", body = Problem, content_type = "application/problem+json"),
        ReadProblems,
    )
)]
pub(super) async fn export_audit_entries(
    State(state): State<ApiState>,
    TenantCaller(caller): TenantCaller,
    ApiQuery(query): ApiQuery<AuditQuery>,
    ApiQuery(ExportQuery { format }): ApiQuery<ExportQuery>,
) -> Result<Response, Problem> {
    require(&caller, Permission::AuditView)?;
    let filter = AuditFilter {
        limit: CHUNK,
        ..filter(query)?
    };
    let scope = caller.scope();
    // The first page is read here, so that a database that is away is an answer and no broken stream.
    let first = state.audit.list_audit(&scope, &filter).await?;
    let rest = Rest {
        state,
        scope,
        filter,
        format,
        page: Some(first),
        begun: false,
    };
    let (kind, name) = match format {
        ExportFormat::Jsonl => ("application/x-ndjson", "audit.jsonl"),
        ExportFormat::Csv => ("text/csv; charset=utf-8", "audit.csv"),
        ExportFormat::Ocsf => ("application/x-ndjson", "audit.ocsf.jsonl"),
    };
    let headers = [
        (CONTENT_TYPE, kind.to_owned()),
        (
            CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}\""),
        ),
    ];
    let body = Body::from_stream(stream::try_unfold(rest, Rest::next));
    Ok((headers, body).into_response())
}

/// What is left to be sent.
struct Rest {
    state: ApiState,
    scope: TenantScope,
    filter: AuditFilter,
    format: ExportFormat,
    page: Option<Page<LoggedEntry>>,
    begun: bool,
}

impl Rest {
    async fn next(mut self) -> Result<Option<(Bytes, Self)>, StoreError> {
        let page = match self.page.take() {
            Some(page) => page,
            None if self.filter.cursor.is_some() => {
                self.state
                    .audit
                    .list_audit(&self.scope, &self.filter)
                    .await?
            }
            None => return Ok(None),
        };
        let mut text = String::new();
        if !self.begun && self.format == ExportFormat::Csv {
            text.push_str(CSV_HEADER);
        }
        self.begun = true;
        for entry in &page.items {
            write(self.format, entry, &mut text)?;
        }
        self.filter.cursor = page.next;
        Ok(Some((Bytes::from(text), self)))
    }
}

fn write(format: ExportFormat, entry: &LoggedEntry, text: &mut String) -> Result<(), StoreError> {
    // Particulars that somebody made no JSON of.
    let corrupt = |_| StoreError::Corrupt {
        table: "audit_entries",
        column: "detail",
    };
    match format {
        ExportFormat::Jsonl => text.push_str(&jsonl_line(entry).map_err(corrupt)?),
        ExportFormat::Csv => text.push_str(&csv_row(entry)),
        ExportFormat::Ocsf => {
            text.push_str(&ocsf_event(entry).map_err(corrupt)?.to_string());
            text.push('\n');
        }
    }
    Ok(())
}
