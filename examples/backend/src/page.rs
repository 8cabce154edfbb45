//! Lists in pages: a limit, and a cursor that is the id of the last item seen (opaque to callers).

use serde::{Deserialize, Serialize};

use crate::reply::Refusal;

const DEFAULT_LIMIT: u32 = 50;
const MAX_LIMIT: u32 = 100;

#[derive(Deserialize)]
pub(crate) struct PageParams {
    pub limit: Option<u32>,
    pub cursor: Option<String>,
}

#[derive(Serialize)]
pub(crate) struct Page<T> {
    pub items: Vec<T>,
    pub next_cursor: Option<String>,
}

impl PageParams {
    pub(crate) fn limit(&self) -> Result<u32, Refusal> {
        let limit = self.limit.unwrap_or(DEFAULT_LIMIT);
        if (1..=MAX_LIMIT).contains(&limit) {
            Ok(limit)
        } else {
            Err(Refusal::Invalid(format!(
                "limit must be from 1 to {MAX_LIMIT}"
            )))
        }
    }
}

impl<T> Page<T> {
    /// Makes the page of a query that asked for one row more than the limit: the extra row shows that more follows.
    pub(crate) fn cut(mut rows: Vec<T>, limit: u32, id: impl Fn(&T) -> &str) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next_cursor = rows.last().filter(|_| more).map(|row| id(row).to_owned());
        Self {
            items: rows,
            next_cursor,
        }
    }
}
