//! The directives in a message to the scripted provider.

use std::time::Duration;

use clasper_runtime::model::ModelError;
use serde_json::{Map, Value};

/// What a message asks the scripted provider to do. Of directives that are given twice, the last holds, except tool
/// calls, which add up.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Script {
    pub(crate) tools: Vec<(String, Value)>,
    pub(crate) fail: Option<ModelError>,
    pub(crate) delay: Duration,
    pub(crate) repeat: Option<usize>,
}

impl Script {
    /// Reads the directives of `text`. What is not a directive is passed over.
    pub(crate) fn read(text: &str) -> Self {
        let mut script = Self::default();
        let mut rest = text;
        while let Some(at) = rest.find("[[") {
            rest = &rest[at + 2..];
            rest = script.directive(rest).unwrap_or(rest);
        }
        script
    }

    /// Takes in the directive at the start of `text` and returns what follows it.
    fn directive<'a>(&mut self, text: &'a str) -> Option<&'a str> {
        if let Some(call) = text.strip_prefix("tool:") {
            let (name, arguments, rest) = tool_call(call)?;
            self.tools.push((name.to_owned(), arguments));
            return Some(rest);
        }
        let (directive, rest) = text.split_once("]]")?;
        let (name, value) = directive.split_once(':')?;
        let value = value.trim();
        match name {
            "fail" => self.fail = Some(failure(value)?),
            "delay_ms" => self.delay = Duration::from_millis(value.parse().ok()?),
            "repeat" => self.repeat = Some(value.parse().ok()?),
            _ => return None,
        }
        Some(rest)
    }
}

/// Reads `NAME {json}]]`. The JSON may contain `]]` itself, so it is read as JSON and not up to the brackets.
fn tool_call(text: &str) -> Option<(&str, Value, &str)> {
    let name_end = text.find(|letter: char| letter.is_whitespace() || letter == ']')?;
    let (name, after) = text.split_at(name_end);
    let after = after.trim_start();
    if name.is_empty() {
        return None;
    }
    if let Some(rest) = after.strip_prefix("]]") {
        return Some((name, Value::Object(Map::new()), rest));
    }
    let mut values = serde_json::Deserializer::from_str(after).into_iter::<Value>();
    if let Some(Ok(arguments)) = values.next()
        && let Some(rest) = after[values.byte_offset()..]
            .trim_start()
            .strip_prefix("]]")
    {
        return Some((name, arguments, rest));
    }
    let (written, rest) = after.split_once("]]")?;
    Some((name, Value::String(written.to_owned()), rest))
}

fn failure(kind: &str) -> Option<ModelError> {
    match kind {
        "rate_limited" => Some(ModelError::RateLimited),
        "unavailable" => Some(ModelError::Unavailable),
        "refused" => Some(ModelError::Refused { status: 400 }),
        "timeout" => Some(ModelError::Timeout),
        "empty" => Some(ModelError::Empty),
        "bad_answer" => Some(ModelError::BadAnswer),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn tool_calls_are_read_with_their_arguments() {
        let check = |text: &str, expected: &[(&str, Value)]| {
            let expected: Vec<_> = expected
                .iter()
                .map(|(name, value)| ((*name).to_owned(), value.clone()))
                .collect();
            assert_eq!(Script::read(text).tools, expected, "{text}");
        };
        check(
            "please [[tool:get_order {\"id\": 7}]] now",
            &[("get_order", json!({"id": 7}))],
        );
        check("[[tool:list]]", &[("list", json!({}))]);
        check(
            "[[tool:a {\"x\":[[1]]}]][[tool:b {}]]",
            &[("a", json!({"x": [[1]]})), ("b", json!({}))],
        );
        check("[[tool:a {\"x\":]]", &[("a", json!("{\"x\":"))]);
        check("[[tool: {}]] [[tool:a", &[]);
        check("no directive", &[]);
    }

    #[test]
    fn the_other_directives_are_read_and_unknown_ones_passed_over() {
        let script = Script::read(
            "[[what]] [[fail:soon]] [[x:y]] [[fail:timeout]] [[delay_ms:5]] [[repeat: 3 ]] [[repeat:-1]]",
        );
        let expected = Script {
            fail: Some(ModelError::Timeout),
            delay: Duration::from_millis(5),
            repeat: Some(3),
            ..Script::default()
        };
        assert_eq!(script, expected);
    }
}
