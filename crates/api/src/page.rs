//! Where a page begins, as the stores' filters say it.

use clasper_core::Cursor;
use clasper_http::{PageRequest, PageStart};

/// The limit, cursor and offset of a filter.
pub(crate) struct Slice {
    pub(crate) limit: u32,
    pub(crate) cursor: Option<Cursor>,
    pub(crate) offset: u64,
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
