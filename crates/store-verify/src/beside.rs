//! Reads rows beside the log: those of one stretch of it after the other, by the place that each row claims.

use std::ops::RangeInclusive;

use clasper_core::LoggedEntry;
use sea_orm::{
    ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    Select,
};

use crate::detail::Detail;

/// Entries of the log in their order, with their particulars.
pub(crate) type Stretch = [(LoggedEntry, Detail)];

/// The places of a stretch.
#[derive(Debug, Clone)]
pub(crate) struct Places {
    after: i64,
    to: i64,
    entries: u64,
}

impl Places {
    /// From behind `after` to the end of `stretch`, so that what claims a place that no entry has is read, too. `None` for no entries.
    pub(crate) fn of(after: i64, stretch: &Stretch) -> Option<Self> {
        stretch.last().map(|(last, _)| Self {
            after,
            to: last.seq,
            entries: stretch.len() as u64,
        })
    }

    /// Whatever claims to be behind `after`: it is enough to see one.
    pub(crate) const fn beyond(after: i64) -> Self {
        Self {
            after,
            to: i64::MAX,
            entries: 0,
        }
    }

    /// The last place.
    pub(crate) const fn end(&self) -> i64 {
        self.to
    }

    const fn range(&self) -> RangeInclusive<i64> {
        // The first stretch begins below every place: nobody claims the lowest number of all but a forger, who is seen as well.
        match self.after {
            i64::MIN => i64::MIN..=self.to,
            after => after.saturating_add(1)..=self.to,
        }
    }

    /// The rows that `select` has at these places, in order: one more than there are entries at most, as no entry justifies two, and one too
    /// many is seen by then.
    pub(crate) fn rows<E: EntityTrait>(&self, select: Select<E>, place: E::Column) -> Select<E> {
        let range = self.range();
        select
            .filter(place.gte(*range.start()))
            .filter(place.lte(*range.end()))
            .order_by_asc(place)
            .limit(self.entries + 1)
    }
}

/// The first of `rows` by place.
pub(crate) fn first<T>(rows: &std::collections::HashMap<i64, T>) -> Option<i64> {
    rows.keys().min().copied()
}

/// How many rows `select` has behind the log's end, one at most.
pub(crate) async fn any_beyond<E: EntityTrait>(
    snapshot: &DatabaseTransaction,
    select: Select<E>,
    place: E::Column,
    after: i64,
) -> Result<Option<i64>, DbErr> {
    let beyond = Places::beyond(after).rows(select, place);
    let beyond = beyond.select_only().column(place);
    beyond.into_tuple().one(snapshot).await
}
