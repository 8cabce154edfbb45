//! Checks that log, ledger and projections agree, tenant by tenant, in one snapshot.

use std::collections::BTreeSet;

use clasper_core::{LoggedEntry, StoreError};
use clasper_db::{Database, store_error};
use clasper_entity::{audit_entry, tenant};
use clasper_evidence::ChainVerifier;
use sea_orm::{
    ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};

use crate::account::AccountReplay;
use crate::beside::{Places, Stretch};
use crate::checkpoint::CheckpointCheck;
use crate::detail::Detail;
use crate::key::KeyCheck;
use crate::ledger::LedgerCheck;
use crate::note::NoteCheck;
use crate::pairing::PairCheck;
use crate::retention::RetentionCheck;
use crate::scope::ScopeCheck;
use crate::trace::TraceCheck;
use clasper_store::rows;

/// Entries read at a time: with their particulars, which may have 64 kB each, and the records that they justify.
const CHUNK: u32 = 500;
/// Most faults reported of one tenant: after so many the rest says nothing new.
const MOST_FAULTS: usize = 50;

/// What was found for one tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantReport {
    /// The tenant.
    pub tenant: String,
    /// Audit entries checked.
    pub entries: i64,
    /// Ledger rows checked.
    pub ledger_rows: u64,
    /// Decisions that are not closed yet.
    pub open_decisions: u64,
    /// The first things that disagree; empty when all is well.
    pub faults: Vec<String>,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AuditReport {
    /// One report per tenant.
    pub tenants: Vec<TenantReport>,
}

impl AuditReport {
    /// Whether everything agrees.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.tenants.iter().all(|t| t.faults.is_empty())
    }
}

/// Verifies every tenant, or only `tenant`, in one snapshot of the database.
///
/// # Errors
/// [`StoreError`] when the database cannot be read. What disagrees is in the report.
pub async fn verify_all(
    database: &Database,
    only: Option<&str>,
) -> Result<AuditReport, StoreError> {
    verify(database, only).await.map_err(store_error)
}

async fn verify(database: &Database, only: Option<&str>) -> Result<AuditReport, DbErr> {
    let snapshot = rows::begin(database).await?;
    let mut query = tenant::Entity::find().order_by_asc(tenant::Column::TenantId);
    if let Some(only) = only {
        query = query.filter(tenant::Column::TenantId.eq(only));
    }
    let mut report = AuditReport::default();
    for row in query.all(&snapshot).await? {
        report.tenants.push(verify_tenant(&snapshot, &row).await?);
    }
    orphaned_logs(&snapshot, only, &mut report).await?;
    snapshot.rollback().await?;
    Ok(report)
}

async fn verify_tenant(
    snapshot: &DatabaseTransaction,
    account: &tenant::Model,
) -> Result<TenantReport, DbErr> {
    let mut verifier = ChainVerifier::default();
    let mut checks = Checks {
        ledger: LedgerCheck::load(snapshot, account).await?,
        pairs: PairCheck::load(snapshot, &account.tenant_id).await?,
        scopes: ScopeCheck::load(snapshot, &account.tenant_id).await?,
        replay: AccountReplay::default(),
        checkpoints: CheckpointCheck::load(snapshot, &account.tenant_id).await?,
        traces: TraceCheck::default(),
        notes: NoteCheck::default(),
        keys: KeyCheck::default(),
        retention: RetentionCheck::default(),
        faults: Vec::new(),
    };
    let (broken, end) = walk(snapshot, account, &mut verifier, &mut checks).await?;
    let entries = verifier.count();
    let head = rows::chain_head(account);
    let broken = broken.or_else(|| match head {
        Ok(head) => verifier.finish(head).err().map(|fault| fault.to_string()),
        Err(error) => Some(error.to_string()),
    });
    checks.finish(snapshot, account, broken, end).await?;
    let ledger_rows = checks.ledger.rows();
    let open_decisions = checks.pairs.open_decisions();
    let mut faults = checks.faults;
    faults.truncate(MOST_FAULTS);
    Ok(TenantReport {
        tenant: account.tenant_id.clone(),
        entries,
        ledger_rows,
        open_decisions,
        faults,
    })
}

/// Takes the log stretch by stretch, up to the first entry that breaks the chain; returns what is wrong with that one, and the place of the
/// last that was taken.
async fn walk(
    snapshot: &DatabaseTransaction,
    account: &tenant::Model,
    verifier: &mut ChainVerifier,
    checks: &mut Checks,
) -> Result<(Option<String>, i64), DbErr> {
    let tenant = account.tenant_id.as_str();
    // From the very first: an entry smuggled in before number one must be seen too.
    let mut after = i64::MIN;
    loop {
        let chunk = rows::log_rows(snapshot, tenant, after, CHUNK).await?;
        let (stretch, broken) = linked(verifier, chunk);
        let Some(places) = Places::of(after, &stretch) else {
            return Ok((broken, after));
        };
        checks
            .take_stretch(snapshot, tenant, &places, &stretch)
            .await?;
        after = stretch.last().map_or(after, |(last, _)| last.seq);
        if broken.is_some() {
            return Ok((broken, after));
        }
    }
}

/// The entries up to the first that breaks the chain, and what is wrong with that one.
fn linked(
    verifier: &mut ChainVerifier,
    rows: Vec<audit_entry::Model>,
) -> (Vec<(LoggedEntry, Detail)>, Option<String>) {
    let mut stretch = Vec::with_capacity(rows.len());
    for row in rows {
        match link(verifier, row) {
            Ok(entry) => {
                let detail = Detail::of(&entry);
                stretch.push((entry, detail));
            }
            Err(fault) => return (stretch, Some(fault)),
        }
    }
    (stretch, None)
}

fn link(verifier: &mut ChainVerifier, row: audit_entry::Model) -> Result<LoggedEntry, String> {
    let seq = row.seq;
    let entry =
        rows::logged_entry(row).map_err(|error| format!("entry {seq} cannot be read: {error}"))?;
    verifier.next(&entry).map_err(|fault| fault.to_string())?;
    Ok(entry)
}

/// Everything that is compared with the log on the way.
struct Checks {
    ledger: LedgerCheck,
    pairs: PairCheck,
    scopes: ScopeCheck,
    replay: AccountReplay,
    checkpoints: CheckpointCheck,
    traces: TraceCheck,
    notes: NoteCheck,
    keys: KeyCheck,
    retention: RetentionCheck,
    faults: Vec<String>,
}

impl Checks {
    /// Reads what the entries of a stretch justify, and compares.
    async fn take_stretch(
        &mut self,
        snapshot: &DatabaseTransaction,
        tenant: &str,
        places: &Places,
        stretch: &Stretch,
    ) -> Result<(), DbErr> {
        self.ledger.read(snapshot, tenant, places).await?;
        if self.faults.len() >= MOST_FAULTS {
            self.ledger.leave(&mut self.faults);
            return Ok(());
        }
        let faults = &mut self.faults;
        self.pairs.read(snapshot, tenant, places, faults).await?;
        for (entry, detail) in stretch {
            self.take(entry, detail);
            if self.checkpoints.is_short() {
                self.checkpoints.load_more(snapshot, tenant).await?;
            }
        }
        let faults = &mut self.faults;
        self.ledger.leave(faults);
        self.pairs.leave(faults);
        self.traces.compare(snapshot, tenant, faults).await?;
        let end = places.end();
        self.notes.compare(snapshot, tenant, end, faults).await?;
        let checkpoints = &mut self.checkpoints;
        checkpoints.compare_tiles(snapshot, tenant, faults).await
    }

    fn take(&mut self, entry: &LoggedEntry, detail: &Detail) {
        self.ledger.compare(entry, detail, &mut self.faults);
        self.pairs.compare(entry, detail, &mut self.faults);
        self.replay.take(entry, detail, &mut self.faults);
        self.scopes.take(entry, detail, &mut self.faults);
        self.traces.take(entry, detail, &mut self.faults);
        self.notes.take(entry, detail);
        self.keys.take(entry, detail);
        self.retention.take(entry, detail);
        self.checkpoints.take(entry, &mut self.faults);
    }

    /// What is left over can only be judged when the whole log was read; `end` is the place of the last entry.
    async fn finish(
        &mut self,
        snapshot: &DatabaseTransaction,
        account: &tenant::Model,
        broken: Option<String>,
        end: i64,
    ) -> Result<(), DbErr> {
        let tenant = account.tenant_id.as_str();
        let faults = &mut self.faults;
        let whole = broken.is_none();
        if let Some(fault) = broken {
            // Its movements must be added up all the same, but say nothing of their own: the entries that justify them were not read.
            faults.insert(0, fault);
            self.ledger
                .finish(snapshot, tenant, end, &mut Vec::new())
                .await?;
        } else {
            self.ledger.finish(snapshot, tenant, end, faults).await?;
            std::mem::take(&mut self.traces).finish(faults);
            std::mem::take(&mut self.retention).compare(account, faults);
        }
        if whole && faults.len() < MOST_FAULTS {
            self.pairs.finish(snapshot, tenant, end, faults).await?;
            let notes = std::mem::take(&mut self.notes);
            notes.finish(snapshot, tenant, faults).await?;
            self.keys.finish(snapshot, tenant, faults).await?;
            self.replay.compare(account, faults);
            self.scopes.compare(faults);
            self.checkpoints.finish(faults);
        }
        self.ledger.sums(account, faults);
        self.scopes.sums(faults);
        Ok(())
    }
}

/// Entries of a tenant whose account is gone.
async fn orphaned_logs(
    snapshot: &DatabaseTransaction,
    only: Option<&str>,
    report: &mut AuditReport,
) -> Result<(), DbErr> {
    use clasper_entity::audit_entry::{Column, Entity};
    let known: BTreeSet<String> = report.tenants.iter().map(|t| t.tenant.clone()).collect();
    let mut query = Entity::find()
        .select_only()
        .column(Column::TenantId)
        .distinct();
    if let Some(only) = only {
        query = query.filter(Column::TenantId.eq(only));
    }
    let logged: Vec<String> = query.into_tuple().all(snapshot).await?;
    for tenant in logged.into_iter().filter(|tenant| !known.contains(tenant)) {
        let faults = vec!["the log has entries, but the tenant's account is gone".to_owned()];
        report.tenants.push(TenantReport {
            tenant,
            entries: 0,
            ledger_rows: 0,
            open_decisions: 0,
            faults,
        });
    }
    Ok(())
}
