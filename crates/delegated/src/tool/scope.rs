//! What a call of a tool may use: an object in the adapter's words, of which some members are compared with the grant.

use clasper_core::{CanonicalJson, Sha256Digest, Timestamp, Usd, canonical_json};
use clasper_governance::GrantLimits;
use serde_json::{Map, Value, json};

/// The longest scope, in bytes of canonical JSON.
const LONGEST: usize = 4 * 1024;

/// What a call of a tool may use. Its hash is in the token, so that another scope is another call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolScope {
    members: Map<String, Value>,
    text: CanonicalJson,
}

impl ToolScope {
    /// The scope that an adapter asks for.
    ///
    /// # Errors
    /// What to write instead.
    pub fn new(members: Map<String, Value>) -> Result<Self, String> {
        let text = canonical_json(&members).map_err(|error| error.to_string())?;
        if text.as_str().len() > LONGEST {
            return Err(format!("must have at most {LONGEST} bytes"));
        }
        if let Some(cost) = members.get("max_cost").filter(|cost| !cost.is_null())
            && amount(cost).is_none()
        {
            return Err("max_cost must be an amount of money that is not negative".to_owned());
        }
        Ok(Self { members, text })
    }

    /// One call of `tool`, for an adapter that says nothing more.
    ///
    /// # Errors
    /// Never: texts and numbers have a JSON form.
    pub fn one_call(tool: &str) -> Result<Self, serde_json::Error> {
        let members = match json!({"capabilities": [tool], "max_steps": 1}) {
            Value::Object(members) => members,
            _ => Map::new(),
        };
        let text = canonical_json(&members)?;
        Ok(Self { members, text })
    }

    /// Its canonical JSON.
    #[must_use]
    pub const fn text(&self) -> &CanonicalJson {
        &self.text
    }

    /// Its members.
    #[must_use]
    pub const fn members(&self) -> &Map<String, Value> {
        &self.members
    }

    /// SHA-256 of its canonical JSON.
    #[must_use]
    pub fn hash(&self) -> Sha256Digest {
        self.text.digest()
    }

    /// Whether it asks for no more than a grant with these limits, which ends at `expires_at`, has left. A member that cannot be
    /// read asks for more.
    #[must_use]
    pub fn is_within(
        &self,
        limits: &GrantLimits,
        tool: &str,
        expires_at: Timestamp,
        steps_left: u32,
    ) -> bool {
        let within = |name: &str, fits: &dyn Fn(&Value) -> bool| {
            let value = self.members.get(name).filter(|value| !value.is_null());
            value.is_none_or(fits)
        };
        let names = |value: &Value| {
            let covered = |name: &Value| {
                let name = name.as_str();
                name.is_some_and(|name| {
                    name == tool || limits.capabilities.iter().any(|c| c == name)
                })
            };
            value
                .as_array()
                .is_some_and(|names| names.iter().all(covered))
        };
        let cost = |value: &Value| {
            amount(value).is_some_and(|cost| limits.max_cost_usd.is_none_or(|most| cost <= most))
        };
        let steps = |value: &Value| value.as_u64().is_some_and(|n| n <= u64::from(steps_left));
        let end = |value: &Value| {
            let time = value
                .as_str()
                .and_then(|text| text.parse::<Timestamp>().ok());
            time.is_some_and(|time| time <= expires_at)
        };
        within("capabilities", &names)
            && within("max_cost", &cost)
            && within("max_steps", &steps)
            && within("expires_at", &end)
    }
}

/// An amount as a number or a decimal text.
fn amount(value: &Value) -> Option<Usd> {
    let amount: Usd = match value {
        Value::Number(number) => number.to_string().parse().ok()?,
        Value::String(text) => text.parse().ok()?,
        _ => return None,
    };
    (amount >= Usd::ZERO).then_some(amount)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_stays_within_its_grant() {
        let limits = GrantLimits {
            capabilities: vec!["exec".to_owned(), "read".to_owned()],
            max_steps: 5,
            max_cost_usd: "0.50".parse().ok(),
            max_seconds: 900,
        };
        let end: Timestamp = "2026-11-20T10:15:00Z".parse().expect("a time");
        for (scope, fits) in [
            (json!({}), true),
            (json!({"path": "/work/a.md", "max_cost": null}), true),
            (
                json!({"capabilities": ["exec"], "max_steps": 2, "max_cost": 0.5}),
                true,
            ),
            (json!({"max_cost": "0.500000001"}), false),
            (json!({"max_steps": 3}), false),
            (json!({"max_steps": -1}), false),
            (json!({"max_steps": "1"}), false),
            (json!({"capabilities": ["exec", "delete"]}), false),
            (json!({"capabilities": "exec"}), false),
            (json!({"expires_at": "2026-11-20T10:15:00Z"}), true),
            (json!({"expires_at": "2026-11-20T10:15:01Z"}), false),
            (json!({"expires_at": "later"}), false),
        ] {
            let Value::Object(members) = scope.clone() else {
                unreachable!("an object")
            };
            let read = ToolScope::new(members).expect("a scope");
            assert_eq!(read.is_within(&limits, "exec", end, 2), fits, "{scope}");
        }
        for wrong in [
            json!({"max_cost": -1}),
            json!({"max_cost": "much"}),
            json!({"x": "y".repeat(5000)}),
        ] {
            let Value::Object(members) = wrong else {
                unreachable!("an object")
            };
            assert!(ToolScope::new(members).is_err());
        }
    }
}
