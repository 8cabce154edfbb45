//! Where a stream begins and what it tells.

use std::collections::BTreeSet;

use axum::http::HeaderMap;
use clasper_evidence::LiveType;
use clasper_http::Problem;

/// The place after which the stream begins: what the header says, else the query, else the log's end.
pub(super) fn start(headers: &HeaderMap, query: Option<&str>, head: i64) -> Result<i64, Problem> {
    let (text, pointer) = match headers.get("last-event-id") {
        Some(value) => (value.to_str().ok(), "/header/Last-Event-ID"),
        None => match query {
            Some(text) => (Some(text), "/query/last_event_id"),
            None => return Ok(head),
        },
    };
    // An event stream that never told an id is resumed with an empty one.
    if text == Some("") {
        return Ok(head);
    }
    let plain = |text: &&str| text.bytes().all(|byte| byte.is_ascii_digit());
    let seq = text.filter(plain).and_then(|text| text.parse::<i64>().ok());
    match seq {
        Some(seq) if seq <= head => Ok(seq),
        Some(_) => {
            let detail = format!("the log ends with event {head}: this id is of another log");
            Err(Problem::invalid(pointer, detail))
        }
        None => Err(Problem::invalid(
            pointer,
            "must be the id of an event of this stream, a whole number",
        )),
    }
}

/// The types asked for; all when none are named.
pub(super) fn types(text: Option<&str>) -> Result<Option<BTreeSet<LiveType>>, Problem> {
    let Some(text) = text else { return Ok(None) };
    let known = text.split(',').map(|name| name.trim().parse());
    let types: Result<BTreeSet<LiveType>, _> = known.collect();
    types.map(Some).map_err(|_| {
        let names: Vec<_> = LiveType::ALL.iter().map(|known| known.name()).collect();
        let detail = format!("must be some of {}, with commas between", names.join(", "));
        Problem::invalid("/query/types", detail)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from_header(value: &'static str) -> Result<i64, u16> {
        let mut headers = HeaderMap::new();
        headers.insert("last-event-id", value.parse().expect("a value"));
        start(&headers, Some("1"), 9).map_err(|problem| problem.status().as_u16())
    }

    #[test]
    fn the_header_goes_before_the_query_and_nothing_means_the_end() {
        let start = |query| start(&HeaderMap::new(), query, 9).ok();
        assert_eq!((start(None), start(Some("3"))), (Some(9), Some(3)));
        assert_eq!(from_header("4"), Ok(4));
        assert_eq!(from_header("0"), Ok(0));
        assert_eq!(from_header(""), Ok(9));
    }

    #[test]
    fn an_id_of_no_event_is_refused() {
        for bad in ["10", "-1", "+1", "1.0", "x", "99999999999999999999"] {
            assert_eq!(from_header(bad), Err(400), "{bad}");
        }
    }
}
