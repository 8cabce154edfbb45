//! Writes that change no tenant's state: signs of life, expired idempotency answers, and the probe of readiness.

use async_trait::async_trait;
use clasper_core::{InstanceId, Timestamp};
use clasper_db::WriteTransaction;
use clasper_entity::{idempotency_key, instance};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter};

use crate::write::batch::Batch;
use crate::write::{Needs, WriteOp};

pub(crate) struct Beat {
    pub(crate) instance: InstanceId,
    pub(crate) now: Timestamp,
}

#[async_trait]
impl WriteOp for Beat {
    type Answer = ();

    fn needs(&self, _: &mut Needs) {}

    async fn apply(&self, _: &mut Batch, transaction: &WriteTransaction) -> Result<(), DbErr> {
        let row = instance::Model {
            instance_id: self.instance.as_uuid(),
            beat_at: self.now.timestamp_micros(),
        };
        transaction.upsert([row]).await
    }
}

pub(crate) struct ForgetAnswers {
    pub(crate) before: Timestamp,
}

#[async_trait]
impl WriteOp for ForgetAnswers {
    type Answer = u64;

    fn needs(&self, _: &mut Needs) {}

    async fn apply(&self, _: &mut Batch, transaction: &WriteTransaction) -> Result<u64, DbErr> {
        let old = idempotency_key::Entity::delete_many()
            .filter(idempotency_key::Column::CreatedAt.lt(self.before.timestamp_micros()))
            .filter(idempotency_key::Column::Answer.is_not_null());
        transaction.execute(&old).await
    }
}

/// Goes through the writer and changes nothing.
pub(crate) struct Probe;

#[async_trait]
impl WriteOp for Probe {
    type Answer = ();

    fn needs(&self, _: &mut Needs) {}

    async fn apply(&self, _: &mut Batch, _: &WriteTransaction) -> Result<(), DbErr> {
        Ok(())
    }
}
