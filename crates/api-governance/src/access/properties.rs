//! Properties as texts that policies compare: `name=value`.

use clasper_api_types::Properties;
use clasper_http::Problem;
use serde_json::Value;

/// Most properties of one object, counted when they are flat.
const MOST: usize = 256;
/// The longest property, in bytes.
const LONGEST: usize = 2_048;

/// Every property, flat and sorted: `role=admin`, `soft=true`, `address.city=Bonn`, and one text for each element of a list.
/// Nothing is left out, so that no restriction is missed.
pub(super) fn texts(
    properties: Option<&Properties>,
    pointer: &str,
) -> Result<Vec<String>, Problem> {
    let mut texts = Vec::new();
    for (name, value) in properties.into_iter().flatten() {
        add(name, value, &mut texts).map_err(|detail| Problem::invalid(pointer, detail))?;
    }
    texts.sort_unstable();
    texts.dedup();
    Ok(texts)
}

fn add(name: &str, value: &Value, texts: &mut Vec<String>) -> Result<(), String> {
    // `a=b` with the value `c` would read like `a` with the value `b=c`.
    if name.contains('=') {
        return Err("names of properties must not contain =".to_owned());
    }
    match value {
        Value::Object(members) => {
            for (inner, value) in members {
                add(&format!("{name}.{inner}"), value, texts)?;
            }
            return Ok(());
        }
        Value::Array(items) => {
            return items.iter().try_for_each(|item| add(name, item, texts));
        }
        _ => {}
    }
    let text = match value {
        Value::String(text) => format!("{name}={text}"),
        other => format!("{name}={other}"),
    };
    if text.len() > LONGEST || texts.len() >= MOST {
        let detail = format!("at most {MOST} properties of at most {LONGEST} bytes are looked at");
        return Err(detail);
    }
    texts.push(text);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(json: &str) -> Result<Vec<String>, String> {
        let properties: Properties = serde_json::from_str(json).expect("an object");
        texts(Some(&properties), "/subject/properties").map_err(|p| p.detail().to_owned())
    }

    #[test]
    fn every_property_becomes_a_text_of_its_own() {
        let texts = of(
            r#"{"role":"admin","soft":true,"n":1.5,"none":null,"of":["a","b"],"home":{"city":"Bonn"}}"#,
        );
        let expected = [
            "home.city=Bonn",
            "n=1.5",
            "none=null",
            "of=a",
            "of=b",
            "role=admin",
            "soft=true",
        ];
        assert_eq!(texts.expect("read"), expected);
    }

    #[test]
    fn a_name_that_could_pass_for_another_is_refused() {
        assert!(of(r#"{"role=admin":"x"}"#).is_err());
        assert!(of(r#"{"a":{"role=admin":"x"}}"#).is_err());
    }

    #[test]
    fn too_much_is_refused_instead_of_being_left_out() {
        let many: Vec<_> = (0..257).map(|n| n.to_string()).collect();
        let body = serde_json::json!({ "of": many }).to_string();
        assert!(of(&body).is_err());
    }
}
