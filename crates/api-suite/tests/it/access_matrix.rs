//! Who may do what: every operation of the document is tried with every credential.

use std::fmt::Write as _;

use axum::body::Body;
use axum::http::{Method, StatusCode};
use serde_json::Value;

use crate::app::{ADAPTER, AGENT, App, DAEMON, Headers, MANAGER, OPERATOR};
use crate::document::{OPEN, document};

const VIEWER: (&str, &str) = ("authorization", "Bearer viewer-key");
const ADMIN: (&str, &str) = ("authorization", "Bearer admin-key");
const POWERLESS: (&str, &str) = ("authorization", "Bearer powerless-key");
const UNKNOWN: (&str, &str) = ("authorization", "Bearer nobody-knows-it");
const UNKNOWN_ADAPTER: (&str, &str) = ("x-adapter-token", "nobody-knows-it");

/// An operation, with its parameters filled in.
struct Operation {
    id: String,
    method: Method,
    path: String,
    uri: String,
    body: Option<String>,
    is_adapters: bool,
}

fn operations() -> Vec<Operation> {
    let document = document();
    let paths = document["paths"].as_object().expect("paths");
    let mut all = Vec::new();
    for (path, item) in paths {
        for (method, operation) in item.as_object().expect("an item") {
            let Some(id) = operation["operationId"].as_str() else {
                continue;
            };
            let is_adapters = operation["security"] == serde_json::json!([{"adapter_token": []}]);
            all.push(Operation {
                id: id.to_owned(),
                method: method.to_uppercase().parse().expect("a method"),
                path: path.clone(),
                uri: format!("{}{}", filled(path), query(&document, operation)),
                body: body(&document, operation),
                is_adapters,
            });
        }
    }
    assert!(all.len() > 100, "{}", all.len());
    all
}

/// The path with the tenant, a pack, and identifiers that nothing has in place of the parameters.
fn filled(path: &str) -> String {
    let parts = path.split('/').map(|part| match part {
        "{tenant}" | "{tenant_id}" => "acme",
        "{name}" => "safe-defaults",
        "{path}" => "0/000",
        part if part.starts_with('{') => "018f0000-0000-7000-8000-000000000000",
        part => part,
    });
    parts.collect::<Vec<_>>().join("/")
}

/// The query that an operation cannot do without.
fn query(document: &Value, operation: &Value) -> String {
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    let needed = parameters.filter(|p| p["in"] == "query" && p["required"] == true);
    let mut text = String::new();
    for parameter in needed {
        let shown = match &parameter["example"] {
            Value::Null => example(document, &parameter["schema"]),
            shown => shown.clone(),
        };
        let shown = shown.as_str().map_or(shown.to_string(), str::to_owned);
        let sign = if text.is_empty() { '?' } else { '&' };
        let name = parameter["name"].as_str().expect("a name");
        write!(text, "{sign}{name}={shown}").expect("text");
    }
    text
}

/// The body that the document shows: whether it is permitted must not hang on whether it is well made.
fn body(document: &Value, operation: &Value) -> Option<String> {
    let content = &operation["requestBody"]["content"]["application/json"];
    if content.is_null() {
        return None;
    }
    let shown = match &content["example"] {
        Value::Null => example(document, &content["schema"]),
        shown => shown.clone(),
    };
    Some(shown.to_string())
}

/// The example of a schema, or one put together of its parts.
fn example(document: &Value, schema: &Value) -> Value {
    if let Some(path) = schema["$ref"].as_str() {
        let name = path.trim_start_matches("#/components/schemas/");
        return example(document, &document["components"]["schemas"][name]);
    }
    if !schema["example"].is_null() {
        return schema["example"].clone();
    }
    if let Some(first) = schema["enum"].as_array().and_then(|all| all.first()) {
        return first.clone();
    }
    let either = schema["oneOf"].as_array().or(schema["anyOf"].as_array());
    if let Some(one) = either.and_then(|all| all.iter().find(|one| one["type"] != "null")) {
        return example(document, one);
    }
    let kind = match &schema["type"] {
        Value::Array(kinds) => kinds.iter().find_map(Value::as_str),
        kind => kind.as_str(),
    };
    match kind {
        Some("object") => {
            let required = schema["required"].as_array().into_iter().flatten();
            let parts = required.filter_map(Value::as_str).map(|name| {
                let part = example(document, &schema["properties"][name]);
                (name.to_owned(), part)
            });
            Value::Object(parts.collect())
        }
        Some("array") => Value::Array(vec![example(document, &schema["items"])]),
        Some("integer" | "number") => 1.into(),
        Some("boolean") => true.into(),
        _ => "text".into(),
    }
}

async fn status(app: &App, operation: &Operation, headers: Headers<'_>) -> StatusCode {
    let body = operation.body.clone().map_or_else(Body::empty, Body::from);
    let method = operation.method.clone();
    // The answer is not read: some never end.
    app.open(method, &operation.uri, headers, body)
        .await
        .status()
}

#[tokio::test]
async fn without_a_credential_that_is_known_nothing_but_the_open_routes_answers() {
    let app = App::new();
    for operation in operations() {
        if OPEN.contains(&&*operation.id) {
            continue;
        }
        for headers in [&[][..], &[UNKNOWN], &[UNKNOWN_ADAPTER]] {
            let status = status(&app, &operation, headers).await;
            assert_eq!(
                status,
                StatusCode::UNAUTHORIZED,
                "{} {headers:?}",
                operation.id
            );
        }
    }
}

#[tokio::test]
async fn a_credential_of_the_wrong_kind_opens_nothing() {
    let app = App::new();
    for operation in operations() {
        if OPEN.contains(&&*operation.id) {
            continue;
        }
        let wrong = if operation.is_adapters {
            ADMIN
        } else {
            ADAPTER
        };
        let status = status(&app, &operation, &[wrong]).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{}", operation.id);
    }
}

/// A new route changes the table, and whoever adds it sees who may use it.
#[tokio::test]
async fn each_role_may_do_what_the_table_says() {
    let people = [
        ("powerless", POWERLESS),
        ("agent", AGENT),
        ("viewer", VIEWER),
        ("operator", OPERATOR),
        ("release_manager", MANAGER),
        ("admin", ADMIN),
        ("daemon", DAEMON),
    ];
    let app = App::new();
    let mut table = String::new();
    for operation in operations() {
        if operation.is_adapters {
            writeln!(table, "{} {}: adapter", operation.method, operation.path).expect("text");
            continue;
        }
        let mut may = Vec::new();
        for (name, credential) in people {
            let tenant = ("x-tenant-id", "acme");
            let headers: Headers<'_> = match name {
                "daemon" => &[credential, tenant],
                _ => &[credential],
            };
            match status(&app, &operation, headers).await {
                StatusCode::FORBIDDEN => {}
                StatusCode::UNAUTHORIZED => panic!("{}: {name} is known", operation.id),
                _ => may.push(name),
            }
        }
        let may = may.join(" ");
        writeln!(table, "{} {}: {may}", operation.method, operation.path).expect("text");
    }
    insta::assert_snapshot!(table);
}

#[test]
fn the_document_does_not_hide_a_method() {
    let document = document();
    let items = document["paths"].as_object().expect("paths").values();
    let known = ["get", "put", "post", "delete", "patch"];
    for item in items.filter_map(Value::as_object) {
        for method in item.keys() {
            assert!(known.contains(&&**method), "{method}");
        }
    }
}
