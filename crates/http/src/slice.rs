//! Where a page begins, as the stores' filters say it.

use clasper_core::Cursor;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{PageLimits, PageQuery, PageRequest, PageStart, Problem};

/// The limit, cursor and offset of a filter.
#[derive(Debug, Clone)]
pub struct Slice {
    /// How many items to return at most.
    pub limit: u32,
    /// The item to go on after.
    pub cursor: Option<Cursor>,
    /// How many items to leave out, for clients that count.
    pub offset: u64,
}

impl From<PageRequest> for Slice {
    fn from(page: PageRequest) -> Self {
        let (cursor, offset) = match page.start {
            PageStart::First => (None, 0),
            PageStart::After(cursor) => (Some(cursor), 0),
            PageStart::Offset(offset) => (None, offset),
        };
        Self {
            limit: page.limit,
            cursor,
            offset,
        }
    }
}

/// The paging part of the query of a list that pages by cursor only.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CursorQuery {
    /// How many items to return at most.
    #[serde(default)]
    #[param(minimum = 1, example = 50)]
    limit: Option<u32>,
    /// `next_cursor` of an earlier page, unchanged.
    #[serde(default)]
    cursor: Option<String>,
    /// Refused: a client that pages by offset would read the first page for ever.
    #[serde(default)]
    #[param(ignore)]
    offset: Option<String>,
}

impl CursorQuery {
    /// The limit and cursor asked for.
    ///
    /// # Errors
    ///
    /// A problem if the limit is out of range, the cursor is not one of ours, or an offset is given.
    pub fn checked(self, limits: PageLimits) -> Result<(u32, Option<Cursor>), Problem> {
        if self.offset.is_some_and(|offset| offset != "0") {
            let detail = "this list pages by `cursor`: send `next_cursor` of the page before";
            return Err(Problem::invalid("/query/offset", detail));
        }
        let page = PageQuery {
            limit: self.limit,
            cursor: self.cursor,
            offset: None,
        };
        let slice = Slice::from(page.checked(limits)?);
        Ok((slice.limit, slice.cursor))
    }
}
