//! Checks that log, ledger and projections agree, tenant by tenant, in one snapshot.

use std::collections::HashMap;

use clasper_core::{AuditEvent, LoggedEntry, StoreError};
use clasper_db::{Database, store_error};
use clasper_entity::{decision, ledger_entry, open_run, outcome, tenant};
use clasper_evidence::ChainVerifier;
use sea_orm::prelude::Uuid;
use sea_orm::{
    ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, IsolationLevel, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect, TransactionTrait,
};

use crate::read;
use crate::row;

/// Rows read at a time.
const CHUNK: u32 = 1000;

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
    // A reading transaction sees one state of the database; on SQLite every transaction does.
    let snapshot = database
        .reader()
        .begin_with_config(Some(IsolationLevel::RepeatableRead), None);
    let snapshot = match database.dialect() {
        clasper_db::Dialect::Postgres => snapshot.await?,
        clasper_db::Dialect::Sqlite => database.reader().begin().await?,
    };
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
    let mut report = TenantReport {
        tenant: account.tenant_id.clone(),
        entries: 0,
        ledger_rows: 0,
        open_decisions: 0,
        faults: Vec::new(),
    };
    let mut ledger = LedgerCheck::load(snapshot, account).await?;
    let mut verifier = ChainVerifier::default();
    let mut after = 0;
    'log: loop {
        let chunk = match read::audit::read_log(snapshot, &account.tenant_id, after, CHUNK).await {
            Ok(chunk) => chunk,
            Err(DbErr::Type(what)) => {
                report.faults.push(format!(
                    "an audit entry after entry {after} cannot be read: {what}"
                ));
                break;
            }
            Err(error) => return Err(error),
        };
        let Some(last) = chunk.last() else { break };
        after = last.seq;
        for entry in &chunk {
            if let Err(fault) = verifier.next(entry) {
                report.faults.push(fault.to_string());
                break 'log;
            }
            ledger.compare(entry, &mut report.faults);
        }
    }
    report.entries = verifier.count();
    if report.faults.is_empty() {
        match row::chain_head(account) {
            Ok(head) => report
                .faults
                .extend(verifier.finish(head).err().map(|fault| fault.to_string())),
            Err(error) => report.faults.push(error.to_string()),
        }
    }
    report.ledger_rows = ledger.rows;
    ledger.finish(account, &mut report.faults);
    pairing(snapshot, account, &mut report).await?;
    Ok(report)
}

/// Compares each movement of money with the audit entry that justifies it, and the sums with the account.
struct LedgerCheck {
    movements: HashMap<i64, ledger_entry::Model>,
    rows: u64,
    held: i64,
    spent: i64,
    spent_in_period: i64,
    held_by_runs: i64,
}

impl LedgerCheck {
    async fn load(snapshot: &DatabaseTransaction, account: &tenant::Model) -> Result<Self, DbErr> {
        let mine = ledger_entry::Column::TenantId.eq(account.tenant_id.as_str());
        let rows = ledger_entry::Entity::find()
            .filter(mine)
            .all(snapshot)
            .await?;
        let runs = open_run::Entity::find()
            .filter(open_run::Column::TenantId.eq(account.tenant_id.as_str()))
            .all(snapshot)
            .await?;
        let in_period =
            |row: &&ledger_entry::Model| row.period_start == Some(account.budget_period_start);
        Ok(Self {
            rows: rows.len() as u64,
            held: rows.iter().map(|r| r.held_delta_nanos).sum(),
            spent: rows
                .iter()
                .filter(|r| r.kind == "settle")
                .map(|r| r.spent_delta_nanos)
                .sum(),
            spent_in_period: rows
                .iter()
                .filter(in_period)
                .map(|r| r.spent_delta_nanos)
                .sum(),
            held_by_runs: runs.iter().map(|r| r.hold_nanos).sum(),
            movements: rows.into_iter().map(|row| (row.audit_seq, row)).collect(),
        })
    }

    fn compare(&mut self, entry: &LoggedEntry, faults: &mut Vec<String>) {
        let moves = matches!(
            entry.entry.event,
            AuditEvent::AgentExecutionStarted
                | AuditEvent::AgentExecutionCompleted
                | AuditEvent::AgentExecutionFailed
                | AuditEvent::AgentExecutionCancelled
                | AuditEvent::AgentExecutionRecovered
                | AuditEvent::BudgetHoldExtended
        );
        let movement = self.movements.remove(&entry.seq);
        match (moves, movement) {
            (true, None) => faults.push(format!(
                "audit entry {} has no movement in the ledger",
                entry.seq
            )),
            (true, Some(movement)) => compare_amounts(entry, &movement, faults),
            (false, Some(movement)) if movement.kind != "carry" => {
                faults.push(format!(
                    "ledger row {} is justified by an entry of another kind",
                    entry.seq
                ));
            }
            (false, _) => {}
        }
    }

    fn finish(self, account: &tenant::Model, faults: &mut Vec<String>) {
        let mut strays: Vec<i64> = self.movements.into_keys().collect();
        strays.sort_unstable();
        faults.extend(
            strays
                .first()
                .map(|seq| format!("ledger row {seq} has no audit entry")),
        );
        let mut expect = |what: &str, says: i64, ledger: i64| {
            if says != ledger {
                faults.push(format!(
                    "{what}: the account says {says} nano-dollars, the ledger {ledger}"
                ));
            }
        };
        expect("held money", account.held_nanos, self.held);
        expect(
            "money held by open runs",
            account.held_nanos,
            self.held_by_runs,
        );
        expect("spent money", account.spent_nanos, self.spent);
        if account.budget_limit_nanos.is_some() {
            expect(
                "money spent in the budget's period",
                account.budget_spent_nanos,
                self.spent_in_period,
            );
        }
    }
}

fn compare_amounts(entry: &LoggedEntry, movement: &ledger_entry::Model, faults: &mut Vec<String>) {
    let detail: serde_json::Value =
        serde_json::from_str(entry.entry.detail.as_str()).unwrap_or_default();
    let amount = |name: &str| {
        let text = detail.get(name).and_then(serde_json::Value::as_str)?;
        text.parse::<clasper_core::Usd>()
            .ok()
            .map(clasper_core::Usd::nanos)
    };
    let fits = match movement.kind.as_str() {
        "hold" => {
            amount("hold_usd") == Some(movement.held_delta_nanos) && movement.spent_delta_nanos == 0
        }
        "settle" => {
            amount("cost_usd") == Some(movement.spent_delta_nanos)
                && amount("hold_usd") == Some(-movement.held_delta_nanos)
        }
        "extend" => movement.spent_delta_nanos == 0 && movement.held_delta_nanos >= 0,
        _ => false,
    };
    if !fits {
        faults.push(format!(
            "ledger row {} does not say what its audit entry says",
            entry.seq
        ));
    }
}

/// Every decision has exactly one outcome, or is open; every run that is open has a decision.
async fn pairing(
    snapshot: &DatabaseTransaction,
    account: &tenant::Model,
    report: &mut TenantReport,
) -> Result<(), DbErr> {
    let tenant = account.tenant_id.as_str();
    let closed: Vec<Uuid> = outcome::Entity::find()
        .select_only()
        .column(outcome::Column::DecisionId)
        .filter(outcome::Column::TenantId.eq(tenant))
        .into_tuple()
        .all(snapshot)
        .await?;
    let decided: Vec<Uuid> = decision::Entity::find()
        .select_only()
        .column(decision::Column::DecisionId)
        .filter(decision::Column::TenantId.eq(tenant))
        .into_tuple()
        .all(snapshot)
        .await?;
    let decided: std::collections::HashSet<Uuid> = decided.into_iter().collect();
    if let Some(stray) = closed.iter().find(|id| !decided.contains(id)) {
        report
            .faults
            .push(format!("outcome {stray} has no decision"));
    }
    let open_runs = open_run::Entity::find()
        .filter(open_run::Column::TenantId.eq(tenant))
        .count(snapshot)
        .await?;
    report.open_decisions = (decided.len() as u64).saturating_sub(closed.len() as u64);
    if report.open_decisions < open_runs {
        report.faults.push(format!(
            "{open_runs} runs are open but only {} decisions",
            report.open_decisions
        ));
    }
    Ok(())
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
