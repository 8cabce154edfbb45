//! Which adapter asks: the extractor that every route for adapters begins with, and what the OpenAPI document says of it.

use std::sync::Arc;

use axum::extract::{FromRef, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, StatusCode};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityScheme};

use clasper_core::TenantId;
use clasper_identity::{AdapterPrincipal, AuthError, Authenticator};

use crate::auth::{presented, single, tenant_header};
use crate::{CredentialLimiter, Problem, RequestContext};

const ADAPTER_TOKEN: HeaderName = HeaderName::from_static("x-adapter-token");

/// The name of the adapter token in the OpenAPI document: `security(("adapter_token" = []))` on a route.
pub const ADAPTER_TOKEN_SCHEME: &str = "adapter_token";

/// A proven adapter within its rate limit.
///
/// Its tenant, workspace, id and capabilities are its token's. A body that names others is for the route to refuse. No
/// other credential is needed; one that comes along must be good and of the same tenant, and gives no further rights.
#[derive(Debug, Clone)]
pub struct AuthenticatedAdapter {
    /// The adapter.
    pub principal: AdapterPrincipal,
    /// The request's context.
    pub context: RequestContext,
}

impl<S> FromRequestParts<S> for AuthenticatedAdapter
where
    Arc<dyn Authenticator>: FromRef<S>,
    CredentialLimiter: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let context = RequestContext::from_request_parts(parts, state).await?;
        let authenticator = Arc::<dyn Authenticator>::from_ref(state);
        let token = adapter_token(&parts.headers)?;
        let principal = authenticator.authenticate_adapter(token).await?;
        let limiter = CredentialLimiter::from_ref(state);
        limiter.check_within(&principal.credential, Some(&principal.tenant))?;
        check_beside(&*authenticator, &parts.headers, &principal.tenant).await?;
        tracing::Span::current().record("tenant", principal.tenant.as_str());
        Ok(Self { principal, context })
    }
}

/// The token as it was sent; nothing but spaces counts as none.
fn adapter_token(headers: &HeaderMap) -> Result<&str, AuthError> {
    let token = single(headers, &ADAPTER_TOKEN).map_err(|_| AuthError::MalformedAdapterToken)?;
    let token = token.map(str::trim).filter(|token| !token.is_empty());
    token.ok_or(AuthError::MissingAdapterToken)
}

/// Whether everything that came beside the token is good and agrees with it. That it does not is no secret: all of it is
/// the sender's own, and whether a tenant exists plays no part.
async fn check_beside(
    authenticator: &dyn Authenticator,
    headers: &HeaderMap,
    own: &TenantId,
) -> Result<(), Problem> {
    let mismatch = |detail| Problem::new(StatusCode::FORBIDDEN, "tenant_mismatch", detail);
    if tenant_header(headers)?.is_some_and(|named| named != *own) {
        return Err(mismatch(
            "`X-Tenant-ID` names another tenant than the adapter token: leave it out",
        ));
    }
    let beside = presented(headers)?;
    if beside.bearer.is_none() && beside.daemon_key.is_none() {
        return Ok(());
    }
    let beside = authenticator.authenticate(beside).await?;
    beside.act_for(Some(own)).map(drop).map_err(|_| {
        mismatch("the credential beside the adapter token is of another tenant: leave it out")
    })
}

/// The adapter token in the OpenAPI document, to be added under [`ADAPTER_TOKEN_SCHEME`].
#[must_use]
pub fn adapter_token_scheme() -> SecurityScheme {
    SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::with_description(
        "X-Adapter-Token",
        "An adapter's own key (`cla_…`), as the answer to its registration gave it; what it may ask for is in the registry. Or a \
         token of its own making: a JWT of type `adapter`, signed with HS256, HS384 or HS512. Its claims name the adapter, the \
         tenant, the workspace and the capabilities that it may ask for; `iat` and `exp` are required.",
    )))
}
