//! From the claims of a proven adapter token to the adapter.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use serde_json::Value;

use clasper_core::{Credential, Sha256Digest, TenantId, Timestamp};
use clasper_identity::{AdapterPrincipal, AuthError};

use crate::claims::{Claims, LEEWAY, claim};

/// Most capabilities of one token, as many as an adapter may register.
const MOST_CAPABILITIES: usize = 512;
/// The longest name of a capability, in bytes.
const LONGEST_CAPABILITY: usize = 128;

impl Claims {
    /// Only tokens that say they are for adapters are: one without `type` was made for something else.
    pub(crate) fn check_adapter_type(&self) -> Result<(), AuthError> {
        match self.get("type") {
            Some(Value::String(kind)) if kind == "adapter" => Ok(()),
            _ => Err(AuthError::NotAdapterToken),
        }
    }

    /// Whether the token was made in the past and is good for no longer than `longest` after that.
    pub(crate) fn check_life(&self, now: Timestamp, longest: TimeDelta) -> Result<(), AuthError> {
        let issued_at = self.time("iat")?.ok_or(claim("iat"))?;
        let expires_at = self.time("exp")?.ok_or(claim("exp"))?;
        // A token from the future would be good for longer than it says.
        if now + LEEWAY < issued_at {
            return Err(AuthError::NotYetValid);
        }
        if expires_at.signed_duration_since(issued_at) > longest {
            return Err(AuthError::LifeTooLong {
                longest_secs: longest.num_seconds().unsigned_abs(),
            });
        }
        Ok(())
    }

    /// The adapter that the claims describe, for a token with this signing input.
    pub(crate) fn adapter(&self, signing_input: &[u8]) -> Result<AdapterPrincipal, AuthError> {
        let tenant: TenantId = self.name("tenant_id")?;
        if tenant.is_server() {
            return Err(claim("tenant_id"));
        }
        Ok(AdapterPrincipal {
            tenant,
            workspace: self.name("workspace_id")?,
            adapter: self.name("adapter_id")?,
            capabilities: self.capabilities().ok_or(claim("allowed_capabilities"))?,
            credential: Credential::AdapterToken(Sha256Digest::of(signing_input)),
        })
    }

    fn name<N: std::str::FromStr>(&self, name: &'static str) -> Result<N, AuthError> {
        let text = self.get(name).and_then(Value::as_str).ok_or(claim(name))?;
        text.parse().map_err(|_| claim(name))
    }

    /// A list with one entry that cannot be used is refused whole: the adapter would act on another list than its issuer
    /// wrote.
    fn capabilities(&self) -> Option<Vec<String>> {
        let listed = self.get("allowed_capabilities")?.as_array()?;
        if listed.len() > MOST_CAPABILITIES {
            return None;
        }
        let names: Option<BTreeSet<&str>> = listed.iter().map(|item| usable(item)).collect();
        names.map(|names| names.into_iter().map(str::to_owned).collect())
    }
}

/// A capability's name. `*` is none: an adapter lists what it needs, so that what it may do can be read from its token.
fn usable(item: &Value) -> Option<&str> {
    let name = item.as_str()?;
    let fits = !name.trim().is_empty() && name.len() <= LONGEST_CAPABILITY;
    (fits && name != "*" && !name.chars().any(char::is_control)).then_some(name)
}
