//! Forgets checkpoints that have had their time.

use async_trait::async_trait;
use chrono::TimeDelta;
use clasper_core::{StoreError, Timestamp};
use clasper_db::WriteTransaction;
use clasper_entity::log_checkpoint;
use clasper_store::{Batch, Needs, Store, WriteOp};
use sea_orm::sea_query::{Expr, Query};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter};

/// How long every checkpoint is kept.
const KEPT: TimeDelta = TimeDelta::days(1);
/// Microseconds of an hour.
const HOUR: i64 = 3_600_000_000;

/// Checkpoints that were signed long ago.
#[derive(Debug, Clone)]
pub struct OldCheckpoints(Store);

impl OldCheckpoints {
    /// Over this store.
    #[must_use]
    pub const fn new(store: Store) -> Self {
        Self(store)
    }

    /// Forgets those that are older than a day at `now`, but for the last of each hour; the newest of a log always stays. How many were
    /// forgotten.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn forget(&self, now: Timestamp) -> Result<u64, StoreError> {
        // Up to a full hour, so that every hour is looked at as a whole.
        let before = (now - KEPT).timestamp_micros() / HOUR * HOUR;
        self.0.write(Forget { before }).await
    }
}

struct Forget {
    before: i64,
}

#[async_trait]
impl WriteOp for Forget {
    type Answer = u64;

    fn needs(&self, _: &mut Needs) {}

    async fn apply(&self, _: &mut Batch, transaction: &WriteTransaction) -> Result<u64, DbErr> {
        // Here only: it has a `max` of its own for every type.
        use log_checkpoint::Column as C;
        use sea_orm::sea_query::ExprTrait;
        let before = C::SignedAt.lt(self.before);
        let lasts = Query::select()
            .column(C::TenantId)
            .expr(Expr::col(C::Size).max())
            .from(log_checkpoint::Entity)
            .and_where(before.clone())
            .group_by_col(C::TenantId)
            .add_group_by([Expr::col(C::SignedAt).div(HOUR)])
            .take();
        let place = Expr::tuple([Expr::col(C::TenantId), Expr::col(C::Size)]);
        let old = log_checkpoint::Entity::delete_many()
            .filter(before)
            .filter(place.in_subquery(lasts).not());
        transaction.execute(&old).await
    }
}
