//! The transaction of a group, whichever database it is in.

use sea_orm::sea_query::{OnConflict, SelectStatement};
use sea_orm::{
    ActiveModelBehavior, ActiveModelTrait, ConnectionTrait, DatabaseTransaction, DbErr,
    EntityTrait, IdenStatic, IntoActiveModel, Iterable, PrimaryKeyToColumn, QueryTrait, Select,
    TryIntoModel,
};

use crate::inline_sqlite::InlineTransaction;

/// A transaction of the writer; rolled back when it is dropped.
#[derive(Debug)]
pub struct WriteTransaction(Kind);

#[derive(Debug)]
enum Kind {
    Inline(InlineTransaction),
    Sqlx(DatabaseTransaction),
}

impl From<InlineTransaction> for WriteTransaction {
    fn from(transaction: InlineTransaction) -> Self {
        Self(Kind::Inline(transaction))
    }
}

impl From<DatabaseTransaction> for WriteTransaction {
    fn from(transaction: DatabaseTransaction) -> Self {
        Self(Kind::Sqlx(transaction))
    }
}

impl WriteTransaction {
    /// The rows that `select` finds.
    ///
    /// # Errors
    /// When the database refuses, or holds something else than the entity says.
    pub async fn all<E>(&self, select: Select<E>) -> Result<Vec<E::Model>, DbErr>
    where
        E: EntityTrait,
        E::ActiveModel: TryIntoModel<E::Model> + Send,
    {
        match &self.0 {
            Kind::Inline(transaction) => transaction.all::<E>(select.as_query()),
            Kind::Sqlx(transaction) => select.all(transaction).await,
        }
    }

    /// The first row that `select` finds.
    ///
    /// # Errors
    /// As [`WriteTransaction::all`].
    pub async fn one<E>(&self, select: Select<E>) -> Result<Option<E::Model>, DbErr>
    where
        E: EntityTrait,
        E::ActiveModel: TryIntoModel<E::Model> + Send,
    {
        Ok(self.all(select).await?.into_iter().next())
    }

    /// The integer in the only column of the first row; `None` without a row, or when it is null.
    ///
    /// # Errors
    /// When the database refuses, or the value is no integer of 64 bits.
    pub async fn integer(&self, select: &SelectStatement) -> Result<Option<i64>, DbErr> {
        match &self.0 {
            Kind::Inline(transaction) => transaction.integer(select),
            Kind::Sqlx(transaction) => match transaction.query_one(select).await? {
                Some(row) => Ok(row.try_get_by_index(0)?),
                None => Ok(None),
            },
        }
    }

    /// Runs an update or a deletion; answers how many rows it changed.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn execute<Q: QueryTrait + Sync>(&self, query: &Q) -> Result<u64, DbErr> {
        match &self.0 {
            Kind::Inline(transaction) => transaction.execute(query.as_query()),
            Kind::Sqlx(transaction) => {
                let done = transaction.execute(query.as_query()).await?;
                Ok(done.rows_affected())
            }
        }
    }

    /// Adds rows.
    ///
    /// # Errors
    /// When the database refuses: a row with one of their keys exists.
    pub async fn insert<A, M>(
        &self,
        rows: impl IntoIterator<Item = M, IntoIter: Send>,
    ) -> Result<(), DbErr>
    where
        A: ActiveModelBehavior + Send,
        M: IntoActiveModel<A>,
    {
        let rows = rows.into_iter().map(IntoActiveModel::into_active_model);
        match &self.0 {
            Kind::Inline(transaction) => transaction.insert(rows, false),
            Kind::Sqlx(transaction) => insert_many(transaction, rows.collect(), None).await,
        }
    }

    /// Adds rows, or replaces those with the same primary key.
    ///
    /// # Errors
    /// When the database refuses: another unique key of theirs exists.
    pub async fn upsert<A, M>(
        &self,
        rows: impl IntoIterator<Item = M, IntoIter: Send>,
    ) -> Result<(), DbErr>
    where
        A: ActiveModelBehavior + Send,
        M: IntoActiveModel<A>,
    {
        let rows = rows.into_iter().map(IntoActiveModel::into_active_model);
        match &self.0 {
            Kind::Inline(transaction) => transaction.insert(rows, true),
            Kind::Sqlx(transaction) => {
                let keys: Vec<_> = primary_key::<A::Entity>().collect();
                let is_key =
                    |column: &Column<A>| keys.iter().any(|key| key.as_str() == column.as_str());
                let mut on_conflict = OnConflict::columns(keys.iter().copied());
                let others: Vec<_> = Column::<A>::iter()
                    .filter(|column| !is_key(column))
                    .collect();
                if others.is_empty() {
                    on_conflict.do_nothing();
                } else {
                    on_conflict.update_columns(others);
                }
                insert_many(transaction, rows.collect(), Some(on_conflict)).await
            }
        }
    }

    /// Makes everything durable, or, with an error, nothing.
    pub(crate) async fn commit(self) -> Result<(), DbErr> {
        match self.0 {
            Kind::Inline(transaction) => transaction.commit(),
            Kind::Sqlx(transaction) => transaction.commit().await,
        }
    }

    /// Takes everything back.
    pub(crate) async fn rollback(self) -> Result<(), DbErr> {
        match self.0 {
            Kind::Inline(transaction) => transaction.rollback(),
            Kind::Sqlx(transaction) => transaction.rollback().await,
        }
    }
}

type Column<A> = <<A as ActiveModelTrait>::Entity as EntityTrait>::Column;

/// The columns of an entity's primary key.
pub(crate) fn primary_key<E: EntityTrait>() -> impl Iterator<Item = E::Column> {
    E::PrimaryKey::iter().map(PrimaryKeyToColumn::into_column)
}

/// The most values that a statement of Postgres takes.
const MOST_VALUES: usize = 65_535;

/// As many rows in one statement as it takes: each would cost a round trip.
async fn insert_many<A: ActiveModelBehavior + Send>(
    transaction: &DatabaseTransaction,
    rows: Vec<A>,
    on_conflict: Option<OnConflict>,
) -> Result<(), DbErr> {
    let most = MOST_VALUES / Column::<A>::iter().count().max(1);
    let mut rows = rows.into_iter().peekable();
    while rows.peek().is_some() {
        let some: Vec<A> = rows.by_ref().take(most).collect();
        let mut insert = A::Entity::insert_many(some);
        if let Some(on_conflict) = &on_conflict {
            insert = insert.on_conflict(on_conflict.clone());
        }
        insert.exec_without_returning(transaction).await?;
    }
    Ok(())
}
