//! Pages of lists: what a request may ask for, and the body that answers it.

use std::fmt;

use serde::de::{Deserializer, Error, Unexpected, Visitor};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use clasper_core::{Cursor, Page};

use crate::Problem;

/// The paging part of a query. Extract it beside another query rather than flattening it into one: serde cannot say
/// which parameter of a flattened query is at fault.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// How many items to return at most.
    #[serde(default, deserialize_with = "number")]
    #[param(minimum = 1, example = 50)]
    pub limit: Option<u32>,
    /// `next_cursor` of an earlier page, unchanged.
    #[serde(default)]
    pub cursor: Option<String>,
    /// How many items to skip. Prefer `cursor`: an offset shifts when items are added. Not together with `cursor`.
    #[serde(default, deserialize_with = "number")]
    pub offset: Option<u64>,
}

/// How many items a list returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageLimits {
    /// When the request does not say.
    pub default: u32,
    /// At most.
    pub max: u32,
}

/// A page that was asked for, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRequest {
    /// How many items, between 1 and the list's maximum.
    pub limit: u32,
    /// Where it starts.
    pub start: PageStart,
}

/// Where a page starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PageStart {
    /// At the beginning.
    First,
    /// After the item that the cursor names.
    After(Cursor),
    /// After this many items.
    Offset(u64),
}

impl PageQuery {
    /// The page asked for.
    ///
    /// # Errors
    /// 400 when the limit is outside `1..=limits.max`, the cursor is not one of ours, the offset is larger than a
    /// database counts, or both a cursor and an offset came.
    pub fn checked(&self, limits: PageLimits) -> Result<PageRequest, Problem> {
        let limit = self.limit.unwrap_or(limits.default);
        if limit == 0 || limit > limits.max {
            let detail = format!("must be between 1 and {}", limits.max);
            return Err(Problem::invalid("/query/limit", detail));
        }
        let start = match (&self.cursor, self.offset) {
            (None, None) => PageStart::First,
            (Some(text), None) => PageStart::After(
                Cursor::decode(text)
                    .map_err(|error| Problem::invalid("/query/cursor", error.to_string()))?,
            ),
            (None, Some(offset)) if i64::try_from(offset).is_ok() => PageStart::Offset(offset),
            (None, Some(_)) => {
                return Err(Problem::invalid("/query/offset", "is larger than any list"));
            }
            (Some(_), Some(_)) => {
                let detail = "cannot be combined with `cursor`: send one of them";
                return Err(Problem::invalid("/query/offset", detail));
            }
        };
        Ok(PageRequest { limit, start })
    }
}

/// One page of a list, as it is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PageView<T> {
    /// The items, in the list's order.
    pub items: Vec<T>,
    /// Send it as `cursor` for the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

impl<T> From<Page<T>> for PageView<T> {
    fn from(page: Page<T>) -> Self {
        Self {
            items: page.items,
            next_cursor: page.next.as_ref().map(Cursor::encode),
        }
    }
}

/// Reads a whole number that may come as text: a flattened query hands every value over as text.
fn number<'de, D, N>(deserializer: D) -> Result<Option<N>, D::Error>
where
    D: Deserializer<'de>,
    N: TryFrom<u64>,
{
    struct WholeNumber;

    impl Visitor<'_> for WholeNumber {
        type Value = u64;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a whole number")
        }

        fn visit_u64<E: Error>(self, value: u64) -> Result<u64, E> {
            Ok(value)
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<u64, E> {
            text.parse()
                .map_err(|_| E::invalid_value(Unexpected::Str(text), &self))
        }
    }

    let value = deserializer.deserialize_any(WholeNumber)?;
    N::try_from(value)
        .map(Some)
        .map_err(|_| D::Error::custom("is larger than any list"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: PageLimits = PageLimits {
        default: 50,
        max: 200,
    };

    #[test]
    fn without_wishes_it_is_the_first_page() {
        let page = PageQuery::default()
            .checked(LIMITS)
            .expect("nothing to refuse");
        assert_eq!((page.limit, page.start), (50, PageStart::First));
    }

    #[test]
    fn a_cursor_leads_to_where_it_came_from() {
        let cursor = Cursor {
            key: 7,
            id: "x".into(),
        };
        let query = PageQuery {
            cursor: Some(cursor.encode()),
            ..PageQuery::default()
        };
        let page = query.checked(LIMITS).expect("its own cursor");
        assert_eq!(page.start, PageStart::After(cursor));
    }

    #[test]
    fn what_no_list_can_answer_is_refused_by_name() {
        let check = |limit, cursor: Option<&str>, offset| {
            let query = PageQuery {
                limit,
                cursor: cursor.map(str::to_owned),
                offset,
            };
            let problem = query.checked(LIMITS).expect_err("nonsense");
            problem.errors()[0].pointer.clone()
        };
        assert_eq!(check(Some(0), None, None), "/query/limit");
        assert_eq!(check(Some(201), None, None), "/query/limit");
        assert_eq!(check(None, Some("nonsense"), None), "/query/cursor");
        assert_eq!(check(None, None, Some(u64::MAX)), "/query/offset");
        assert_eq!(check(None, Some("x"), Some(1)), "/query/offset");
    }

    #[test]
    fn the_last_page_has_no_cursor() {
        let page = Page {
            items: vec![1],
            next: None,
        };
        let text = serde_json::to_string(&PageView::from(page)).expect("plain");
        assert_eq!(text, r#"{"items":[1]}"#);
    }
}
