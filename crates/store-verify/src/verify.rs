//! Checks that log, ledger and projections agree, tenant by tenant, in one snapshot.

use clasper_core::{LoggedEntry, StoreError};
use clasper_db::{Database, store_error};
use clasper_entity::{audit_entry, tenant};
use clasper_evidence::ChainVerifier;
use sea_orm::{
    ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};

use crate::account::AccountReplay;
use crate::checkpoint::CheckpointCheck;
use crate::detail::Detail;
use crate::ledger::LedgerCheck;
use crate::note::NoteCheck;
use crate::pairing::PairCheck;
use crate::retention::RetentionCheck;
use crate::scope::ScopeCheck;
use crate::trace::TraceCheck;
use clasper_store::rows;

/// Rows read at a time.
const CHUNK: u32 = 1000;
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
        retention: RetentionCheck::default(),
        faults: Vec::new(),
    };
    let broken = walk(snapshot, account, &mut verifier, &mut checks).await?;
    let (entries, ledger_rows) = (verifier.count(), checks.ledger.rows());
    let open_decisions = checks.pairs.open_decisions();
    if broken.is_none() {
        let notes = std::mem::take(&mut checks.notes);
        let tenant = &account.tenant_id;
        notes.compare(snapshot, tenant, &mut checks.faults).await?;
    }
    let head = rows::chain_head(account);
    let broken = broken.or_else(|| match head {
        Ok(head) => verifier.finish(head).err().map(|fault| fault.to_string()),
        Err(error) => Some(error.to_string()),
    });
    let mut faults = checks.finish(account, broken);
    faults.truncate(MOST_FAULTS);
    Ok(TenantReport {
        tenant: account.tenant_id.clone(),
        entries,
        ledger_rows,
        open_decisions,
        faults,
    })
}

/// Takes the log entry by entry, up to the first that breaks the chain; returns what is wrong with that one.
async fn walk(
    snapshot: &DatabaseTransaction,
    account: &tenant::Model,
    verifier: &mut ChainVerifier,
    checks: &mut Checks,
) -> Result<Option<String>, DbErr> {
    // From the very first: an entry smuggled in before number one must be seen too.
    let mut after = i64::MIN;
    loop {
        let chunk = rows::log_rows(snapshot, &account.tenant_id, after, CHUNK).await?;
        let Some(last) = chunk.last() else {
            return Ok(None);
        };
        after = last.seq;
        for row in chunk {
            match link(verifier, row) {
                Ok(entry) => {
                    checks.take(&entry);
                    if checks.checkpoints.is_short() {
                        let tenant = &account.tenant_id;
                        checks.checkpoints.load_more(snapshot, tenant).await?;
                    }
                }
                Err(fault) => return Ok(Some(fault)),
            }
        }
        let Checks {
            traces,
            checkpoints,
            faults,
            ..
        } = checks;
        traces.compare(snapshot, &account.tenant_id, faults).await?;
        let tenant = &account.tenant_id;
        checkpoints.compare_tiles(snapshot, tenant, faults).await?;
    }
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
    retention: RetentionCheck,
    faults: Vec<String>,
}

impl Checks {
    fn take(&mut self, entry: &LoggedEntry) {
        if self.faults.len() >= MOST_FAULTS {
            return;
        }
        let detail = Detail::of(entry);
        self.ledger.compare(entry, &detail, &mut self.faults);
        self.pairs.compare(entry, &detail, &mut self.faults);
        self.replay.take(entry, &detail, &mut self.faults);
        self.scopes.take(entry, &detail, &mut self.faults);
        self.traces.take(entry, &detail, &mut self.faults);
        self.notes.take(entry, &detail);
        self.retention.take(entry, &detail);
        self.checkpoints.take(entry, &mut self.faults);
    }

    /// What is left over can only be judged when the whole log was read.
    fn finish(mut self, account: &tenant::Model, broken: Option<String>) -> Vec<String> {
        if let Some(fault) = broken {
            self.faults.insert(0, fault);
        } else {
            self.ledger.strays(&mut self.faults);
            self.pairs.strays(&mut self.faults);
            self.replay.compare(account, &mut self.faults);
            self.scopes.compare(&mut self.faults);
            self.checkpoints.finish(&mut self.faults);
            self.traces.finish(&mut self.faults);
            self.retention.compare(account, &mut self.faults);
        }
        self.ledger.sums(account, &mut self.faults);
        self.scopes.sums(&mut self.faults);
        self.faults
    }
}

/// Entries of a tenant whose account is gone.
async fn orphaned_logs(
    snapshot: &DatabaseTransaction,
    only: Option<&str>,
    report: &mut AuditReport,
) -> Result<(), DbErr> {
    use clasper_entity::audit_entry::{Column, Entity};
    let known: Vec<String> = report.tenants.iter().map(|t| t.tenant.clone()).collect();
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
