//! The audit log of the desk's tenant, and whether it is whole.

use clasper_core::{ChainHead, LoggedEntry, StoreError, wire_time};
use clasper_evidence::{AuditFilter, AuditStore, ChainFault, ChainVerifier};
use serde::Serialize;

use crate::RefundDesk;

/// Entries read at a time.
const CHUNK: u32 = 1000;

/// The newest entries, and the verdict on all.
#[derive(Debug, Clone, Serialize)]
pub struct AuditReport {
    /// Whether the chain verifies.
    pub chain: ChainVerdict,
    /// The newest entries, newest first.
    pub entries: Vec<EntryView>,
}

/// Whether the chain verifies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChainVerdict {
    /// Whether every entry is there, unchanged and linked to the one before, up to the head that the account claims.
    pub whole: bool,
    /// Entries checked.
    pub entries: i64,
    /// The first thing wrong.
    pub fault: Option<String>,
}

/// One entry.
#[derive(Debug, Clone, Serialize)]
pub struct EntryView {
    /// Its place.
    pub seq: i64,
    /// What happened.
    pub event: &'static str,
    /// When.
    pub occurred_at: String,
    /// Who acted.
    pub actor: String,
    /// What it happened to.
    pub target: Option<String>,
    /// The trace concerned.
    pub trace_id: Option<String>,
    /// Particulars.
    pub detail: serde_json::Value,
    /// The hash over all of it and the hash before.
    pub leaf_hash: String,
}

impl RefundDesk {
    /// The newest `limit` entries and the verdict on the whole log.
    ///
    /// # Errors
    /// [`StoreError`] when the log cannot be read.
    pub async fn audit(&self, limit: u32) -> Result<AuditReport, StoreError> {
        let filter = AuditFilter {
            limit: limit.clamp(1, CHUNK),
            ..AuditFilter::default()
        };
        let page = self.store().list_audit(&self.scope(), &filter).await?;
        Ok(AuditReport {
            chain: self.verify().await?,
            entries: page.items.into_iter().map(view).collect(),
        })
    }

    async fn verify(&self) -> Result<ChainVerdict, StoreError> {
        // The head first: entries that are added meanwhile lie beyond it.
        let head = self.store().head(&self.scope()).await?;
        let mut verifier = ChainVerifier::default();
        let walked = self.walk(head, &mut verifier).await?;
        let entries = verifier.count();
        let fault = walked.and_then(|()| verifier.finish(head).map(drop)).err();
        Ok(ChainVerdict {
            whole: fault.is_none(),
            entries,
            fault: fault.map(|fault| fault.to_string()),
        })
    }

    async fn walk(
        &self,
        head: ChainHead,
        verifier: &mut ChainVerifier,
    ) -> Result<Result<(), ChainFault>, StoreError> {
        let mut after = 0;
        loop {
            let chunk = self.store().read_log(&self.scope(), after, CHUNK).await?;
            let Some(last) = chunk.last().map(|entry| entry.seq) else {
                return Ok(Ok(()));
            };
            for entry in chunk.iter().filter(|entry| entry.seq <= head.seq) {
                if let Err(fault) = verifier.next(entry) {
                    return Ok(Err(fault));
                }
            }
            after = last;
        }
    }
}

fn view(logged: LoggedEntry) -> EntryView {
    let entry = logged.entry;
    EntryView {
        seq: logged.seq,
        event: entry.event.name(),
        occurred_at: wire_time(entry.occurred_at),
        actor: entry.actor,
        target: entry.target,
        trace_id: entry.trace.map(|trace| trace.to_string()),
        detail: serde_json::from_str(entry.detail.as_str()).unwrap_or_default(),
        leaf_hash: logged.leaf_hash.to_string(),
    }
}
