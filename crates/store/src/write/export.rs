//! Exports: asked for, taken, kept, ended, called off, forgotten.

use async_trait::async_trait;
use clasper_core::{AuditEntry, ExportId, TenantScope, Timestamp};
use clasper_db::{Dialect, WriteTransaction};
use clasper_entity::export::{Column, Entity, Model};
use clasper_exports::{Cancellation, Export, ExportEnd, ExportJob, NewExport, Progress, Taker};
use sea_orm::sea_query::{LockBehavior, LockType};
use sea_orm::{
    ColumnTrait, Condition, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
};

use crate::read::export::{
    CANCELLED, EXPIRED, FAILED, LIVE, QUEUED, READY, RUNNING, export as domain,
};
use crate::row;
use crate::write::batch::Batch;
use crate::write::{Needs, WriteOp};

pub(crate) struct RequestExport {
    pub(crate) scope: TenantScope,
    pub(crate) new: NewExport,
    pub(crate) most: u64,
    pub(crate) entry: AuditEntry,
}

#[async_trait]
impl WriteOp for RequestExport {
    type Answer = Option<Export>;

    fn needs(&self, needs: &mut Needs) {
        needs.tenant(self.scope.tenant());
    }

    async fn apply(
        &self,
        batch: &mut Batch,
        transaction: &WriteTransaction,
    ) -> Result<Self::Answer, DbErr> {
        let tenant = self.scope.tenant().as_str();
        let live = Entity::find()
            .filter(Column::TenantId.eq(tenant))
            .filter(Column::State.is_in(LIVE));
        let live = transaction.all(live).await?.len();
        if u64::try_from(live).unwrap_or(u64::MAX) >= self.most {
            return Ok(None);
        }
        let now = self.entry.occurred_at.timestamp_micros();
        let seq = batch.append(self.entry.clone())?;
        let row = Model {
            export_id: self.new.id.as_uuid(),
            tenant_id: tenant.to_owned(),
            state: QUEUED.to_owned(),
            scope: serde_json::to_string(&self.new.scope).map_err(row::unspeakable)?,
            requested_by: self.new.requested_by.clone(),
            attempts: 0,
            instance_id: None,
            lease_until: 0,
            entries_done: 0,
            entries_total: 0,
            entries: 0,
            archive_bytes: 0,
            archive_hash: None,
            failure: None,
            created_at: now,
            started_at: 0,
            ended_at: 0,
            expires_at: 0,
            audit_seq: seq,
        };
        let export = domain(&row)?;
        transaction.insert([row]).await?;
        Ok(Some(export))
    }
}

/// The tenant's export, locked.
async fn own(
    batch: &Batch,
    transaction: &WriteTransaction,
    tenant: &str,
    id: ExportId,
) -> Result<Option<Model>, DbErr> {
    let mut select =
        Entity::find_by_id(id.as_uuid()).filter(Column::TenantId.eq(tenant.to_owned()));
    clasper_db::lock_rows(QueryTrait::query(&mut select), batch.dialect);
    transaction.one(select).await
}

pub(crate) struct CancelExport {
    pub(crate) scope: TenantScope,
    pub(crate) id: ExportId,
    pub(crate) entry: AuditEntry,
}

#[async_trait]
impl WriteOp for CancelExport {
    type Answer = Cancellation;

    fn needs(&self, needs: &mut Needs) {
        needs.tenant(self.scope.tenant());
    }

    async fn apply(
        &self,
        batch: &mut Batch,
        transaction: &WriteTransaction,
    ) -> Result<Cancellation, DbErr> {
        let tenant = self.scope.tenant().as_str();
        let Some(row) = own(batch, transaction, tenant, self.id).await? else {
            return Ok(Cancellation::NotFound);
        };
        if !LIVE.contains(&row.state.as_str()) {
            return Ok(Cancellation::Over(domain(&row)?.state.name()));
        }
        batch.append(self.entry.clone())?;
        let cancelled = Model {
            state: CANCELLED.to_owned(),
            ended_at: self.entry.occurred_at.timestamp_micros(),
            ..row
        };
        transaction.upsert([cancelled]).await?;
        Ok(Cancellation::Done)
    }
}

pub(crate) struct NoteDownload {
    pub(crate) scope: TenantScope,
    pub(crate) id: ExportId,
    pub(crate) entry: AuditEntry,
}

#[async_trait]
impl WriteOp for NoteDownload {
    type Answer = bool;

    fn needs(&self, needs: &mut Needs) {
        needs.tenant(self.scope.tenant());
    }

    async fn apply(
        &self,
        batch: &mut Batch,
        transaction: &WriteTransaction,
    ) -> Result<bool, DbErr> {
        let tenant = self.scope.tenant().as_str();
        let row = own(batch, transaction, tenant, self.id).await?;
        if row.is_none_or(|row| row.state != READY) {
            return Ok(false);
        }
        batch.append(self.entry.clone())?;
        Ok(true)
    }
}

pub(crate) struct TakeExport(pub(crate) Taker);

#[async_trait]
impl WriteOp for TakeExport {
    type Answer = Option<ExportJob>;

    fn needs(&self, _: &mut Needs) {}

    async fn apply(
        &self,
        batch: &mut Batch,
        transaction: &WriteTransaction,
    ) -> Result<Self::Answer, DbErr> {
        let taker = &self.0;
        let mut lost = Condition::any().add(Column::LeaseUntil.lte(taker.now.timestamp_micros()));
        if taker.alone {
            lost = lost.add(Column::InstanceId.ne(taker.instance.as_uuid()));
        }
        let orphaned = Condition::all().add(Column::State.eq(RUNNING)).add(lost);
        let mut next = Entity::find()
            .filter(Condition::any().add(Column::State.eq(QUEUED)).add(orphaned))
            .order_by_asc(Column::CreatedAt)
            .order_by_asc(Column::ExportId)
            .limit(1);
        if batch.dialect == Dialect::Postgres {
            QueryTrait::query(&mut next)
                .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked);
        }
        let Some(row) = transaction.one(next).await? else {
            return Ok(None);
        };
        let running = Model {
            state: RUNNING.to_owned(),
            attempts: row.attempts + 1,
            instance_id: Some(taker.instance.as_uuid()),
            lease_until: taker.until.timestamp_micros(),
            started_at: taker.now.timestamp_micros(),
            entries_done: 0,
            ..row
        };
        let job = ExportJob {
            export: domain(&running)?,
            attempt: u64::try_from(running.attempts).unwrap_or(u64::MAX),
        };
        transaction.upsert([running]).await?;
        Ok(Some(job))
    }
}

/// The job's row, unless it was called off or taken by another.
async fn held(
    batch: &Batch,
    transaction: &WriteTransaction,
    job: &ExportJob,
) -> Result<Option<Model>, DbErr> {
    let tenant = job.export.tenant.as_str();
    let row = own(batch, transaction, tenant, job.export.id).await?;
    let ours = |row: &Model| row.state == RUNNING && u64::try_from(row.attempts) == Ok(job.attempt);
    Ok(row.filter(ours))
}

pub(crate) struct ReportExport {
    pub(crate) job: ExportJob,
    pub(crate) progress: Progress,
    pub(crate) until: Timestamp,
}

#[async_trait]
impl WriteOp for ReportExport {
    type Answer = bool;

    fn needs(&self, _: &mut Needs) {}

    async fn apply(
        &self,
        batch: &mut Batch,
        transaction: &WriteTransaction,
    ) -> Result<bool, DbErr> {
        let Some(row) = held(batch, transaction, &self.job).await? else {
            return Ok(false);
        };
        let reported = Model {
            lease_until: self.until.timestamp_micros(),
            entries_done: row::count(self.progress.done),
            entries_total: row::count(self.progress.total),
            ..row
        };
        transaction.upsert([reported]).await?;
        Ok(true)
    }
}

pub(crate) struct EndExport {
    pub(crate) job: ExportJob,
    pub(crate) end: ExportEnd,
    pub(crate) entry: AuditEntry,
}

#[async_trait]
impl WriteOp for EndExport {
    type Answer = bool;

    fn needs(&self, needs: &mut Needs) {
        needs.tenant(&self.job.export.tenant);
    }

    async fn apply(
        &self,
        batch: &mut Batch,
        transaction: &WriteTransaction,
    ) -> Result<bool, DbErr> {
        let Some(mut row) = held(batch, transaction, &self.job).await? else {
            return Ok(false);
        };
        batch.append(self.entry.clone())?;
        row.ended_at = self.entry.occurred_at.timestamp_micros();
        match self.end {
            ExportEnd::Ready {
                archive,
                expires_at,
            } => {
                READY.clone_into(&mut row.state);
                row.entries = row::count(archive.entries);
                row.archive_bytes = row::count(archive.bytes);
                row.archive_hash = Some(archive.sha256.as_bytes().to_vec());
                row.expires_at = expires_at.timestamp_micros();
            }
            ExportEnd::Failed(failure) => {
                FAILED.clone_into(&mut row.state);
                row.failure = Some(failure.code().to_owned());
            }
        }
        transaction.upsert([row]).await?;
        Ok(true)
    }
}

pub(crate) struct ExpireExport {
    pub(crate) export: Export,
    pub(crate) entry: AuditEntry,
}

#[async_trait]
impl WriteOp for ExpireExport {
    type Answer = bool;

    fn needs(&self, needs: &mut Needs) {
        needs.tenant(&self.export.tenant);
    }

    async fn apply(
        &self,
        batch: &mut Batch,
        transaction: &WriteTransaction,
    ) -> Result<bool, DbErr> {
        let tenant = self.export.tenant.as_str();
        let row = own(batch, transaction, tenant, self.export.id).await?;
        let Some(row) = row.filter(|row| row.state == READY) else {
            return Ok(false);
        };
        batch.append(self.entry.clone())?;
        let expired = Model {
            state: EXPIRED.to_owned(),
            ended_at: self.entry.occurred_at.timestamp_micros(),
            ..row
        };
        transaction.upsert([expired]).await?;
        Ok(true)
    }
}

pub(crate) struct ForgetExports {
    pub(crate) before: Timestamp,
}

#[async_trait]
impl WriteOp for ForgetExports {
    type Answer = u64;

    fn needs(&self, _: &mut Needs) {}

    async fn apply(&self, _: &mut Batch, transaction: &WriteTransaction) -> Result<u64, DbErr> {
        let old = Entity::delete_many()
            .filter(Column::State.is_in([FAILED, CANCELLED, EXPIRED]))
            .filter(Column::EndedAt.lt(self.before.timestamp_micros()));
        transaction.execute(&old).await
    }
}
