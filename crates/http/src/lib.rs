#![doc = include_str!("../README.md")]

mod access;
mod adapter;
mod auth;
mod context;
mod json;
mod layer;
mod limit;
mod page;
mod params;
mod permission;
mod pointer;
mod problem;
mod slice;

pub use adapter::{ADAPTER_TOKEN_SCHEME, AuthenticatedAdapter, adapter_token_scheme};
pub use auth::{Authenticated, TenantCaller, TenantQuery};
pub use context::RequestContext;
pub use json::{ApiBytes, ApiJson, read_part};
pub use layer::{HttpLimits, layers};
pub use limit::{CredentialLimiter, RateLimit};
pub use page::{PageLimits, PageQuery, PageRequest, PageStart, PageView};
pub use params::{ApiPath, ApiQuery};
pub use permission::{PermissionDenied, require};
pub use problem::{FieldProblem, PROBLEM_BASE, Problem, ReadProblems, WriteProblems};
pub use slice::{CursorQuery, Slice};
