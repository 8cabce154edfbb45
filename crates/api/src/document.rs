//! What the OpenAPI document says beside its operations.

use clasper_api_types::SignedEnvelopeBody;
use clasper_http::{ADAPTER_TOKEN_SCHEME, Problem, adapter_token_scheme};
use utoipa::OpenApi as _;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{Components, OpenApi};

const TENANT_TOKEN: &str = "tenant_token";
const API_KEY: &str = "api_key";
const DAEMON_KEY: &str = "daemon_key";

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Clasper API",
        description = "Clasper decides what an AI agent may do, does it or hands it out under limits, and proves afterwards \
            what happened.\n\nErrors are problem details (RFC 9457) with a stable `code`. Lists page by `cursor`. Money is exact: \
            read the digits of a number as text where floating point is not good enough. Every response carries `x-trace-id`.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    components(schemas(Problem, SignedEnvelopeBody)),
    tags(
        (name = "agents", description = "Messages to agents: governed, paid for, recorded"),
        (name = "executions", description = "What adapters ask to execute"),
        (name = "decisions", description = "What was decided, and what waits for people"),
        (name = "tools", description = "Calls of tools within executions, each with a token of its own"),
        (name = "adapters", description = "Executors that ask before they act"),
        (name = "reports", description = "What adapters report of what they did"),
        (name = "webhooks", description = "Endpoints that are told what happens"),
        (name = "traces", description = "What executions did"),
        (name = "retention", description = "How traces are kept and forgotten"),
        (name = "redaction", description = "What is taken out of texts before they are stored or sent"),
        (name = "events", description = "What happens, as it happens"),
        (name = "audit", description = "The tenant's log: every write, in order, linked by hashes"),
        (name = "policies", description = "What decides: policies, bundles, what a draft would do, risk"),
        (name = "authzen", description = "AuthZEN 1.0: the standard door for enforcement points"),
        (name = "budget", description = "What a tenant may spend, and what it has used"),
        (name = "tenants", description = "Tenants and their API keys"),
        (name = "health", description = "How the server is; open"),
        (name = "meta", description = "What the server is, and whether a backend fits it"),
    )
)]
struct Described;

/// The document before any operation.
pub(crate) fn base() -> OpenApi {
    let mut document = Described::openapi();
    env!("CARGO_PKG_VERSION").clone_into(&mut document.info.version);
    document
}

/// The document with credentials: every operation that does not say otherwise needs one of the first three.
pub(crate) fn complete(mut document: OpenApi) -> OpenApi {
    let components = document.components.get_or_insert_with(Components::default);
    components.add_security_scheme(TENANT_TOKEN, tenant_token());
    components.add_security_scheme(API_KEY, api_key());
    components.add_security_scheme(DAEMON_KEY, daemon_key());
    components.add_security_scheme(ADAPTER_TOKEN_SCHEME, adapter_token_scheme());
    // What the router calls a rest of the path is a parameter like others to OpenAPI.
    let paths = std::mem::take(&mut document.paths.paths);
    document.paths.paths = paths
        .into_iter()
        .map(|(path, item)| (path.replace("{*", "{"), item))
        .collect();
    for operation in document.paths.paths.values_mut().flat_map(operations) {
        operation.security.get_or_insert_with(credentials);
    }
    document
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [
        &mut item.get,
        &mut item.put,
        &mut item.post,
        &mut item.delete,
        &mut item.patch,
    ]
    .into_iter()
    .flatten()
}

/// Any one of them is enough.
fn credentials() -> Vec<SecurityRequirement> {
    [TENANT_TOKEN, API_KEY, DAEMON_KEY]
        .map(|scheme| SecurityRequirement::new(scheme, Vec::<String>::new()))
        .into()
}

fn tenant_token() -> SecurityScheme {
    let scheme = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("JWT")
        .description(Some(
            "A tenant's token. Its claims name the tenant, the user and the permissions.",
        ));
    SecurityScheme::Http(scheme.build())
}

fn api_key() -> SecurityScheme {
    let scheme = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("clk_…")
        .description(Some("A tenant's API key: `clk_…`."));
    SecurityScheme::Http(scheme.build())
}

fn daemon_key() -> SecurityScheme {
    SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::with_description(
        "X-Agent-Daemon-Key",
        "The key of a trusted backend, which names the tenant of each request by `tenant_id` or `X-Tenant-ID`. A bearer \
         beside it must be of the same tenant.",
    )))
}
