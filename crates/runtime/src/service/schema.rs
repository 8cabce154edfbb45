//! Checks tool arguments against the schemas that backends publish.

use std::sync::Arc;

use clasper_core::{Sha256Digest, canonical_json};
use jsonschema::{PatternOptions, Validator};
use moka::sync::Cache;
use serde_json::Value;

/// Compiled schemas kept.
const KEPT_SCHEMAS: u64 = 1_024;

/// What is wrong with arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unfit {
    /// The tool's schema is no usable schema; nothing is let through.
    Schema,
    /// The arguments do not fit; the text is for the model that wrote them.
    Arguments(String),
}

/// Compiled schemas, by the hash of their text.
#[derive(Clone)]
pub(crate) struct Schemas(Cache<Sha256Digest, Option<Arc<Validator>>>);

impl Schemas {
    pub(crate) fn new() -> Self {
        Self(Cache::new(KEPT_SCHEMAS))
    }

    /// Whether `arguments` fit `schema`.
    pub(crate) fn check(&self, schema: &Value, arguments: &Value) -> Result<(), Unfit> {
        if !arguments.is_object() {
            return Err(Unfit::Arguments(
                "the arguments must be a JSON object".into(),
            ));
        }
        let hash = canonical_json(schema).map_err(|_| Unfit::Schema)?.digest();
        let validator = self.0.get_with(hash, || compile(schema).map(Arc::new));
        let validator = validator.ok_or(Unfit::Schema)?;
        validator.validate(arguments).map_err(|error| {
            Unfit::Arguments(format!("at {:?}: {error}", error.instance_path().as_str()))
        })
    }
}

/// Patterns run on the linear engine: backends write them and models write what they are matched against.
fn compile(schema: &Value) -> Option<Validator> {
    jsonschema::options()
        .with_pattern_options(PatternOptions::regex())
        .build(schema)
        .ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn arguments_must_fit_the_schema() {
        let schemas = Schemas::new();
        let schema = json!({"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"], "additionalProperties": false});
        assert_eq!(schemas.check(&schema, &json!({"n": 1})), Ok(()));
        for bad in [
            json!({}),
            json!({"n": "1"}),
            json!({"n": 1, "m": 2}),
            json!("n=1"),
            json!(null),
        ] {
            assert!(
                matches!(schemas.check(&schema, &bad), Err(Unfit::Arguments(_))),
                "{bad}"
            );
        }
    }

    #[test]
    fn a_schema_that_does_not_compile_lets_nothing_through() {
        let schemas = Schemas::new();
        for bad in [
            json!({"type": 5}),
            json!({"$ref": "https://example.com/schema.json"}),
            json!({"pattern": "("}),
        ] {
            assert_eq!(schemas.check(&bad, &json!({})), Err(Unfit::Schema), "{bad}");
        }
    }
}
