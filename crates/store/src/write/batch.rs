//! The state that a group of writes shares: rows loaded under lock, and rows to be written at its end.

use std::collections::{HashMap, HashSet};

use clasper_core::{AuditEntry, ExecutionId, TenantId};
use clasper_db::{Dialect, WriteTransaction, lock_rows};
use clasper_entity::{
    audit_entry, decision, idempotency_key, ledger_entry, notice, open_run, outbox_message,
    outcome, tenant,
};
use clasper_retention::RetentionPolicy;
use clasper_tracing::Trace;
use clasper_webhook::EventType;
use sea_orm::prelude::Uuid;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, DbErr, EntityTrait, QueryFilter, QueryOrder, QueryTrait};

use crate::row;
use crate::write::governed::Governed;
use crate::write::history::Histories;
use crate::write::needs::Needs;
use crate::write::nested;
use crate::write::notice::webhooks;
use crate::write::reported::ReportedRows;
use crate::write::trace::{Kept, Traces};

/// Rows loaded, changed and added by a group.
#[derive(Debug)]
pub struct Batch {
    pub(crate) dialect: Dialect,
    tenants: HashMap<String, tenant::Model>,
    changed_tenants: HashSet<String>,
    pub(crate) open_runs: HashMap<Uuid, open_run::Model>,
    pub(crate) idempotency_keys: HashMap<(String, String), idempotency_key::Model>,
    changed_keys: HashSet<(String, String)>,
    freed_keys: Vec<(String, String)>,
    changed_runs: HashSet<Uuid>,
    closed_runs: Vec<Uuid>,
    audit: Vec<audit_entry::Model>,
    pub(crate) decisions: Vec<decision::Model>,
    pub(crate) outcomes: Vec<outcome::Model>,
    pub(crate) ledger: Vec<ledger_entry::Model>,
    traces: Traces,
    pub(crate) outbox: Vec<outbox_message::Model>,
    pub(crate) delivered: Vec<Uuid>,
    pub(super) histories: Histories,
    pub(crate) notices: Vec<notice::Model>,
    /// Where in `audit` tenants may want to be told, and of what.
    told: Vec<(usize, EventType)>,
    pub(super) governed: Governed,
    pub(super) reported: ReportedRows,
}

impl Batch {
    /// Loads what is needed. The tenants come first and in order: their locks are what everything else relies on.
    pub(crate) async fn load(
        transaction: &WriteTransaction,
        dialect: Dialect,
        mut needs: Needs,
    ) -> Result<Self, DbErr> {
        let mut batch = Self {
            dialect,
            tenants: HashMap::new(),
            changed_tenants: HashSet::new(),
            open_runs: HashMap::new(),
            idempotency_keys: HashMap::new(),
            changed_keys: HashSet::new(),
            freed_keys: Vec::new(),
            changed_runs: HashSet::new(),
            closed_runs: Vec::new(),
            audit: Vec::new(),
            decisions: Vec::new(),
            outcomes: Vec::new(),
            ledger: Vec::new(),
            traces: Traces::default(),
            outbox: Vec::new(),
            delivered: Vec::new(),
            histories: Histories::default(),
            notices: Vec::new(),
            told: Vec::new(),
            governed: Governed::default(),
            reported: ReportedRows::default(),
        };
        let tenants = std::mem::take(&mut needs.tenants);
        if !tenants.is_empty() {
            let mut select = tenant::Entity::find()
                .filter(tenant::Column::TenantId.is_in(tenants))
                .order_by_asc(tenant::Column::TenantId);
            lock_rows(QueryTrait::query(&mut select), dialect);
            let rows = transaction.all(select).await?;
            batch.tenants = rows
                .into_iter()
                .map(|row| (row.tenant_id.clone(), row))
                .collect();
        }
        if !needs.open_runs.is_empty() {
            let select = open_run::Entity::find()
                .filter(open_run::Column::ExecutionId.is_in(std::mem::take(&mut needs.open_runs)));
            let rows = transaction.all(select).await?;
            batch.open_runs = rows
                .into_iter()
                .map(|row| (row.execution_id, row))
                .collect();
        }
        for run in batch.open_runs.values() {
            for scope in nested::scopes(&run.hold_scopes, "open_runs")? {
                let id = (run.tenant_id.clone(), scope.to_string());
                needs.budget_scopes.insert(id);
            }
        }
        if !needs.idempotency_keys.is_empty() {
            let select = idempotency_key::Entity::find().filter(any_key(&needs.idempotency_keys));
            let rows = transaction.all(select).await?;
            batch.idempotency_keys = rows
                .into_iter()
                .map(|row| ((row.tenant_id.clone(), row.key.clone()), row))
                .collect();
        }
        batch.histories = Histories::load(transaction, &mut needs).await?;
        batch.governed = Governed::load(transaction, needs).await?;
        Ok(batch)
    }

    /// The account of a tenant that was named in the needs; `None` when there is no such tenant.
    #[must_use]
    pub fn tenant(&self, id: &TenantId) -> Option<&tenant::Model> {
        self.tenants.get(id.as_str())
    }

    /// The account, for changing.
    pub(crate) fn tenant_mut(&mut self, id: &TenantId) -> Result<&mut tenant::Model, DbErr> {
        let row = self
            .tenants
            .get_mut(id.as_str())
            .ok_or_else(|| unknown_tenant(id))?;
        if !self.changed_tenants.contains(id.as_str()) {
            self.changed_tenants.insert(id.as_str().to_owned());
        }
        Ok(row)
    }

    /// Adds a new tenant.
    pub(crate) fn add_tenant(&mut self, row: tenant::Model) {
        self.changed_tenants.insert(row.tenant_id.clone());
        self.tenants.insert(row.tenant_id.clone(), row);
    }

    /// Appends `entry` to its tenant's log and returns its place.
    ///
    /// # Errors
    /// [`DbErr::RecordNotFound`] when there is no such tenant, or the needs did not name it.
    pub fn append(&mut self, entry: AuditEntry) -> Result<i64, DbErr> {
        if let Some(event) = EventType::of(entry.event) {
            self.told.push((self.audit.len(), event));
        }
        let tenant = entry.tenant.clone();
        let account = self.tenant_mut(&tenant)?;
        let logged = row::chain_head(account)?.append(entry);
        account.head_seq = logged.seq;
        account.head_hash = Some(logged.leaf_hash.as_bytes().to_vec());
        let seq = logged.seq;
        self.audit.push(row::audit_row(logged));
        Ok(seq)
    }

    /// Adds a trace of a tenant that was named in the needs, as far as its retention keeps it.
    pub(crate) fn add_trace(&mut self, trace: &Trace) -> Result<Kept, DbErr> {
        let policy = self.retention(&trace.tenant)?;
        self.traces.add(trace, policy.as_ref())
    }

    /// How traces of a tenant that was named in the needs are kept; `None` when it has not said.
    ///
    /// # Errors
    /// When the row is not as it was written.
    pub fn retention(&self, tenant: &TenantId) -> Result<Option<RetentionPolicy>, DbErr> {
        self.tenant(tenant).map_or(Ok(None), row::retention)
    }

    /// Puts another policy in its place.
    ///
    /// # Errors
    /// [`DbErr::RecordNotFound`] when there is no such tenant, or the needs did not name it.
    pub fn set_retention(
        &mut self,
        tenant: &TenantId,
        policy: &RetentionPolicy,
    ) -> Result<(), DbErr> {
        let document = serde_json::to_string(policy).map_err(row::unspeakable)?;
        self.tenant_mut(tenant)?.retention = Some(document);
        Ok(())
    }

    /// Counts what a trace that grows has more than before. Its row is written by whoever grows it.
    ///
    /// # Errors
    /// When the trace has no JSON form.
    pub fn count_trace(&mut self, before: Option<&Trace>, after: &Trace) -> Result<(), DbErr> {
        self.traces.count(before, after)
    }

    /// Adds an open run.
    pub(crate) fn add_open_run(&mut self, row: open_run::Model) {
        self.changed_runs.insert(row.execution_id);
        self.open_runs.insert(row.execution_id, row);
    }

    /// The open run, for changing.
    pub(crate) fn open_run_mut(&mut self, execution: ExecutionId) -> Option<&mut open_run::Model> {
        let row = self.open_runs.get_mut(&execution.as_uuid())?;
        self.changed_runs.insert(row.execution_id);
        Some(row)
    }

    /// Takes a run out of the open ones.
    pub(crate) fn close_run(&mut self, execution: ExecutionId) {
        self.open_runs.remove(&execution.as_uuid());
        self.changed_runs.remove(&execution.as_uuid());
        self.closed_runs.push(execution.as_uuid());
    }

    /// Whether this group has closed the run.
    pub(crate) fn is_closed(&self, execution: Uuid) -> bool {
        self.closed_runs.contains(&execution)
    }

    /// Adds or replaces the record of an idempotency key.
    pub(crate) fn put_key(&mut self, row: idempotency_key::Model) {
        let id = (row.tenant_id.clone(), row.key.clone());
        self.changed_keys.insert(id.clone());
        self.idempotency_keys.insert(id, row);
    }

    /// Forgets an idempotency key, so that it may be used again.
    pub(crate) fn free_key(&mut self, id: (String, String)) {
        self.changed_keys.remove(&id);
        self.idempotency_keys.remove(&id);
        self.freed_keys.push(id);
    }

    /// Writes everything: one statement per table, however many writes there are.
    pub(crate) async fn flush(mut self, transaction: &WriteTransaction) -> Result<(), DbErr> {
        let told = self
            .told
            .iter()
            .map(|(at, event)| (&self.audit[*at], *event));
        let webhooks = webhooks(transaction, told).await?;
        self.notices.extend(webhooks);
        transaction.insert(self.notices).await?;
        transaction.insert(self.audit).await?;
        transaction.insert(self.decisions).await?;
        transaction.insert(self.outcomes).await?;
        transaction.insert(self.ledger).await?;
        self.traces.flush(transaction).await?;
        transaction.insert(self.outbox).await?;
        if !self.closed_runs.is_empty() {
            let gone = open_run::Column::ExecutionId.is_in(self.closed_runs);
            let delete = open_run::Entity::delete_many().filter(gone);
            transaction.execute(&delete).await?;
        }
        if !self.delivered.is_empty() {
            let gone = outbox_message::Column::MessageId.is_in(self.delivered);
            let delete = outbox_message::Entity::delete_many().filter(gone);
            transaction.execute(&delete).await?;
        }
        if !self.freed_keys.is_empty() {
            let gone = any_key(&self.freed_keys);
            let delete = idempotency_key::Entity::delete_many().filter(gone);
            transaction.execute(&delete).await?;
        }
        self.histories.flush(transaction).await?;
        self.governed.flush(transaction).await?;
        self.reported.flush(transaction).await?;
        let (mut tenants, mut runs, mut keys) =
            (self.tenants, self.open_runs, self.idempotency_keys);
        tenants.retain(|id, _| self.changed_tenants.contains(id));
        runs.retain(|id, _| self.changed_runs.contains(id));
        keys.retain(|id, _| self.changed_keys.contains(id));
        transaction.upsert(runs.into_values()).await?;
        transaction.upsert(keys.into_values()).await?;
        transaction.upsert(tenants.into_values()).await
    }
}

pub(crate) fn unknown_tenant(id: &TenantId) -> DbErr {
    DbErr::RecordNotFound(format!("tenant {id}"))
}

fn any_key<'a>(keys: impl IntoIterator<Item = &'a (String, String)>) -> Condition {
    use idempotency_key::Column as K;
    keys.into_iter()
        .fold(Condition::any(), |any, (tenant, key)| {
            any.add(
                Condition::all()
                    .add(K::TenantId.eq(tenant.as_str()))
                    .add(K::Key.eq(key.as_str())),
            )
        })
}

/// An expression for `column + n`, so that concurrent readers of other columns are not disturbed.
pub(crate) fn plus<C: ColumnTrait>(column: C, n: i64) -> Expr {
    use sea_orm::sea_query::ExprTrait;
    Expr::col(column).add(n)
}
