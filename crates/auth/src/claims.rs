//! From the claims of a proven token to a principal.

use std::time::Duration;

use chrono::TimeDelta;
use serde_json::{Map, Value};

use clasper_core::{
    Credential, Permission, PermissionSet, Principal, Role, Sha256Digest, TenantId, Timestamp,
    UserId,
};
use clasper_identity::AuthError;

/// How far the clocks of issuers may differ from ours.
pub(crate) const LEEWAY: TimeDelta = TimeDelta::seconds(30);

/// Types of tokens that are signed with keys we hold but made for other doors. A backend sees agent tokens in every
/// call and could send one back; it must not act with it.
const FOREIGN_TYPES: &[&str] = &["agent", "adapter", "decision_token", "tool_auth"];

/// The claims of a token whose signature is proven.
pub(crate) struct Claims(Map<String, Value>);

impl Claims {
    pub(crate) const fn new(claims: Map<String, Value>) -> Self {
        Self(claims)
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// Until when the token is good, leeway included, if it is good at `now`.
    pub(crate) fn valid_until(&self, now: Timestamp) -> Result<Timestamp, AuthError> {
        let expires_at = self.time("exp")?.ok_or(claim("exp"))?;
        let until = expires_at
            .checked_add_signed(LEEWAY)
            .unwrap_or(Timestamp::MAX_UTC);
        if now >= until {
            return Err(AuthError::Expired);
        }
        let not_before = self.time("nbf")?.unwrap_or(Timestamp::MIN_UTC);
        if now + LEEWAY < not_before {
            return Err(AuthError::NotYetValid);
        }
        Ok(until)
    }

    /// The principal that the claims describe, for a token with this signing input.
    pub(crate) fn principal(&self, signing_input: &[u8]) -> Result<Principal, AuthError> {
        self.check_type()?;
        Ok(Principal {
            tenant: self.tenant()?,
            user: self.user()?,
            permissions: self.permissions()?,
            credential: Credential::TenantToken(Sha256Digest::of(signing_input)),
            allowed_tools: self.allowed_tools()?,
        })
    }

    fn check_type(&self) -> Result<(), AuthError> {
        for name in ["type", "typ"] {
            match self.0.get(name) {
                None => {}
                Some(Value::String(kind)) if !FOREIGN_TYPES.contains(&kind.as_str()) => {}
                Some(_) => return Err(AuthError::WrongType),
            }
        }
        Ok(())
    }

    fn tenant(&self) -> Result<TenantId, AuthError> {
        let (name, text) = self.text(["tenant_id", "tid"])?.ok_or(claim("tenant_id"))?;
        let tenant: TenantId = text.parse().map_err(|_| claim(name))?;
        // Whoever signs for customers may have one of this name: the server's own log is not theirs.
        if tenant.is_server() {
            return Err(claim(name));
        }
        Ok(tenant)
    }

    fn user(&self) -> Result<Option<UserId>, AuthError> {
        let Some((name, text)) = self.text(["user_id", "sub"])? else {
            return Ok(None);
        };
        text.parse().map(Some).map_err(|_| claim(name))
    }

    /// `permissions` names them; without it `role` or `roles` does; without either the token is a tenant's own backend
    /// speaking, which may do what an operator may except resolve decisions: those are for people, and the backend that
    /// asks for something must not be able to approve it by saying nothing. No token of a tenant can create tenants.
    fn permissions(&self) -> Result<PermissionSet, AuthError> {
        let granted = if let Some(listed) = self.0.get("permissions") {
            named(listed).ok_or(claim("permissions"))?
        } else if let Some(roles) = self.0.get("role").or_else(|| self.0.get("roles")) {
            of_roles(roles)
        } else {
            let operator = Role::Operator.permissions();
            operator.without(Permission::DecisionResolve)
        };
        Ok(granted.without(Permission::TenantCreate))
    }

    fn allowed_tools(&self) -> Result<Option<Vec<String>>, AuthError> {
        let Some(listed) = self.0.get("allowed_tools") else {
            return Ok(None);
        };
        // A list that cannot be read must not become no restriction, nor lose an entry in silence.
        let tools = listed.as_array().ok_or(claim("allowed_tools"))?;
        let texts = tools.iter().map(|tool| tool.as_str().map(str::to_owned));
        let texts: Option<Vec<String>> = texts.collect();
        texts.map(Some).ok_or(claim("allowed_tools"))
    }

    /// The first of `names` that is present. One that is present but no text is an error, not a reason to look at the
    /// next.
    fn text(&self, names: [&'static str; 2]) -> Result<Option<(&'static str, &str)>, AuthError> {
        for name in names {
            if let Some(value) = self.0.get(name) {
                let text = value.as_str().ok_or(claim(name))?;
                return Ok(Some((name, text)));
            }
        }
        Ok(None)
    }

    /// A `NumericDate` (RFC 7519): seconds since 1970, perhaps with a fraction, which is cut off.
    pub(crate) fn time(&self, name: &'static str) -> Result<Option<Timestamp>, AuthError> {
        let Some(value) = self.0.get(name) else {
            return Ok(None);
        };
        let seconds = value.as_u64().or_else(|| {
            let seconds = Duration::try_from_secs_f64(value.as_f64()?).ok()?;
            Some(seconds.as_secs())
        });
        let seconds = seconds.ok_or(claim(name))?;
        // A date past the end of the calendar is as good as its last day.
        let time = i64::try_from(seconds)
            .ok()
            .and_then(|seconds| Timestamp::from_timestamp(seconds, 0));
        Ok(Some(time.unwrap_or(Timestamp::MAX_UTC)))
    }
}

pub(crate) const fn claim(claim: &'static str) -> AuthError {
    AuthError::Claim { claim }
}

/// Names that we do not know are the issuer's own and mean nothing here.
fn named(listed: &Value) -> Option<PermissionSet> {
    let names = listed.as_array()?.iter().filter_map(Value::as_str);
    Some(names.fold(PermissionSet::EMPTY, |set, name| match name {
        "*" => PermissionSet::all(),
        name => name.parse().map_or(set, |permission| set.with(permission)),
    }))
}

/// What the known roles among those named may do together; a viewer's permissions when none is known.
fn of_roles(roles: &Value) -> PermissionSet {
    let texts: Vec<&str> = match roles {
        Value::String(text) => text.split(',').collect(),
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let known: Vec<Role> = texts
        .iter()
        .filter_map(|text| text.trim().to_ascii_lowercase().parse().ok())
        .collect();
    if known.is_empty() {
        return Role::Viewer.permissions();
    }
    let permissions = known.iter().flat_map(|role| role.permissions().iter());
    permissions.collect()
}

#[cfg(test)]
#[path = "claims_tests.rs"]
mod tests;
