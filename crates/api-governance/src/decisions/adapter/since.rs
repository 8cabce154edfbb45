//! How far back a list goes.

use chrono::TimeDelta;
use clasper_api_types::DateOrTime;
use clasper_core::Timestamp;
use clasper_http::Problem;
use serde_json::Value;

/// The moment that `text` names: so long before `now`, or a time or date.
pub(super) fn since(text: &str, now: Timestamp) -> Result<Timestamp, Problem> {
    let ago = ago(text).and_then(|ago| now.checked_sub_signed(ago));
    let read = || {
        let time = serde_json::from_value::<DateOrTime>(Value::from(text));
        time.ok().map(DateOrTime::first)
    };
    ago.or_else(read).ok_or_else(|| {
        Problem::invalid(
            "/query/since",
            "must be a time ago such as 10s, 10m, 1h or 2d, or a time such as 2026-11-20T10:03:16Z",
        )
    })
}

fn ago(text: &str) -> Option<TimeDelta> {
    let units = [("s", 1), ("m", 60), ("h", 3_600), ("d", 86_400)];
    units.into_iter().find_map(|(unit, seconds)| {
        let number = text.strip_suffix(unit)?;
        let is_plain = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        let number: i64 = is_plain.then(|| number.parse().ok())??;
        TimeDelta::try_seconds(number.checked_mul(seconds)?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_goes_back_for_a_time_or_to_a_time() {
        let now: Timestamp = "2026-11-20T10:00:00Z".parse().expect("a time");
        for (text, time) in [
            ("10s", "2026-11-20T09:59:50Z"),
            ("10m", "2026-11-20T09:50:00Z"),
            ("2d", "2026-11-18T10:00:00Z"),
            ("2026-11-01T00:00:00+01:00", "2026-10-31T23:00:00Z"),
            ("2026-11-01", "2026-11-01T00:00:00Z"),
        ] {
            assert_eq!(since(text, now).ok(), time.parse().ok(), "{text}");
        }
        for text in [
            "",
            "m",
            "10",
            "-1s",
            "1w",
            "soon",
            "99999999999999999d",
            "1 h",
        ] {
            assert!(since(text, now).is_err(), "{text}");
        }
    }
}
