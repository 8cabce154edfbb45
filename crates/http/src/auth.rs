//! Who calls: the extractors that every route with a credential begins with.

use std::sync::Arc;

use axum::extract::{FromRef, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, Method, header};
use serde::Deserialize;
use utoipa::IntoParams;

use clasper_core::{Caller, TenantId};
use clasper_identity::{AuthError, Authentication, Authenticator, Presented};

use crate::{ApiQuery, CredentialLimiter, Problem, RequestContext};

const DAEMON_KEY: HeaderName = HeaderName::from_static("x-agent-daemon-key");
const TENANT: HeaderName = HeaderName::from_static("x-tenant-id");

/// Proven credentials within their rate limit. For routes whose body may name the tenant; others take [`TenantCaller`].
#[derive(Debug)]
pub struct Authenticated {
    authentication: Authentication,
    by_header: Option<TenantId>,
    context: RequestContext,
    reads: bool,
}

impl Authenticated {
    /// The caller, for the tenant that the request names: `named` comes from its body or query, and the header
    /// `X-Tenant-ID` counts too.
    ///
    /// # Errors
    /// When the credential may not name that tenant: 404 on reads, so that the answer is the same whether the tenant
    /// exists or not, and 403 `tenant_mismatch` on writes. 400 when the header names another tenant than `named`.
    pub fn caller(&self, named: Option<&TenantId>) -> Result<Caller, Problem> {
        if let (Some(named), Some(by_header)) = (named, &self.by_header)
            && named != by_header
        {
            return Err(Problem::invalid(
                "/header/x-tenant-id",
                "names another tenant than `tenant_id`: send one of them",
            ));
        }
        let named = named.or(self.by_header.as_ref());
        let principal = self.authentication.act_for(named).map_err(|mismatch| {
            if self.reads {
                Problem::not_found()
            } else {
                Problem::from(mismatch)
            }
        })?;
        tracing::Span::current().record("tenant", principal.tenant.as_str());
        Ok(Caller {
            principal,
            trace: self.context.record,
        })
    }

    /// The caller, for every tenant: the daemon key came alone, and nothing names a tenant. `None` for any other credential, or
    /// when a tenant is named; [`Authenticated::caller`] settles whose the request is then.
    #[must_use]
    pub fn for_all(&self, named: Option<&TenantId>) -> Option<Caller> {
        if named.is_some() || self.by_header.is_some() || !self.authentication.names_nobody() {
            return None;
        }
        self.caller(None).ok()
    }

    /// What the credentials proved, before a tenant is settled.
    #[must_use]
    pub const fn authentication(&self) -> &Authentication {
        &self.authentication
    }

    /// The request's context.
    #[must_use]
    pub const fn context(&self) -> RequestContext {
        self.context
    }
}

impl<S> FromRequestParts<S> for Authenticated
where
    Arc<dyn Authenticator>: FromRef<S>,
    CredentialLimiter: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let context = RequestContext::from_request_parts(parts, state).await?;
        let by_header = tenant_header(&parts.headers)?;
        let presented = presented(&parts.headers)?;
        let authenticator = Arc::<dyn Authenticator>::from_ref(state);
        let authentication = authenticator.authenticate(presented).await?;
        let tenant = match &authentication {
            Authentication::Tenant(principal) => Some(&principal.tenant),
            Authentication::Daemon(_) => None,
        };
        let limiter = CredentialLimiter::from_ref(state);
        limiter.check_within(&authentication.limit_key(), tenant)?;
        Ok(Self {
            authentication,
            by_header,
            context,
            reads: matches!(parts.method, Method::GET | Method::HEAD),
        })
    }
}

/// The tenant that a query names.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TenantQuery {
    /// The tenant to act for. Needed with the daemon key only; any other credential may name its own tenant and no
    /// other.
    #[serde(default)]
    #[param(value_type = Option<String>, example = "acme")]
    pub tenant_id: Option<TenantId>,
}

/// The caller, for the tenant that the query's `tenant_id` or the header `X-Tenant-ID` names, else the credential's own.
#[derive(Debug, Clone)]
pub struct TenantCaller(pub Caller);

impl<S> FromRequestParts<S> for TenantCaller
where
    Arc<dyn Authenticator>: FromRef<S>,
    CredentialLimiter: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        // Credentials first: someone without any learns nothing about the query.
        let authenticated = Authenticated::from_request_parts(parts, state).await?;
        let ApiQuery(query) = ApiQuery::<TenantQuery>::from_request_parts(parts, state).await?;
        authenticated.caller(query.tenant_id.as_ref()).map(Self)
    }
}

pub(crate) fn presented(headers: &HeaderMap) -> Result<Presented<'_>, AuthError> {
    let bearer = match single(headers, &header::AUTHORIZATION) {
        Ok(value) => value.and_then(bearer_token),
        Err(Ambiguous) => return Err(AuthError::Malformed),
    };
    let daemon_key = single(headers, &DAEMON_KEY).map_err(|Ambiguous| AuthError::Invalid)?;
    Ok(Presented { bearer, daemon_key })
}

/// The token of a `Bearer` credential; other schemes are not ours and count as none.
fn bearer_token(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ').unwrap_or((value, ""));
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

pub(crate) fn tenant_header(headers: &HeaderMap) -> Result<Option<TenantId>, Problem> {
    let refused = |detail: String| Problem::invalid("/header/x-tenant-id", detail);
    match single(headers, &TENANT) {
        Ok(None) => Ok(None),
        Ok(Some(text)) => TenantId::new(text)
            .map(Some)
            .map_err(|error| refused(error.to_string())),
        Err(Ambiguous) => Err(refused("must be sent once, in printable ASCII".to_owned())),
    }
}

/// A header that came twice, or is not text: two readers could understand two things.
pub(crate) struct Ambiguous;

pub(crate) fn single<'a>(
    headers: &'a HeaderMap,
    name: &HeaderName,
) -> Result<Option<&'a str>, Ambiguous> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(Some).map_err(|_| Ambiguous),
        (Some(_), Some(_)) => Err(Ambiguous),
    }
}
