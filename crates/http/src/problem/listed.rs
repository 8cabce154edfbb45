//! The problems that any operation may answer, for the OpenAPI document.

use std::collections::BTreeMap;

use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder};
use utoipa::{IntoResponses, ToSchema};

use crate::Problem;

type Listed = (u16, &'static str);

const EVERYWHERE: [Listed; 7] = [
    (400, "The input is not valid; `errors` names the members."),
    (401, "No valid credential came with the request."),
    (403, "The credential does not permit this."),
    (
        429,
        "Too many requests with this credential; see `Retry-After`.",
    ),
    (500, "Our fault; the trace id names it in our logs."),
    (503, "Not available now; see `Retry-After`."),
    (504, "It took longer than its limit."),
];

const BODIES: [Listed; 2] = [
    (413, "The body is larger than the limit."),
    (415, "The body is not `application/json`."),
];

/// What any authenticated operation without a body may answer: `responses((status = 200, …), ReadProblems)`.
#[derive(Debug, Clone, Copy)]
pub struct ReadProblems;

/// What any authenticated operation with a body may answer: [`ReadProblems`], and 413 and 415.
#[derive(Debug, Clone, Copy)]
pub struct WriteProblems;

impl IntoResponses for ReadProblems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        EVERYWHERE.into_iter().map(listed).collect()
    }
}

impl IntoResponses for WriteProblems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        EVERYWHERE.into_iter().chain(BODIES).map(listed).collect()
    }
}

fn listed((status, description): Listed) -> (String, RefOr<Response>) {
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name(Problem::name())))
        .build();
    let response = ResponseBuilder::new()
        .description(description)
        .content("application/problem+json", content)
        .build();
    (status.to_string(), RefOr::T(response))
}
