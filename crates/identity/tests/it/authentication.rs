//! Which tenant a proven credential acts for.

use async_trait::async_trait;
use clasper_core::{Classify, Credential, ErrorKind, PermissionSet, Principal};
use clasper_identity::{AuthError, Authentication, Authenticator, DaemonAuthentication, Presented};

use crate::support::{holder, tenant};

fn acme() -> Principal {
    holder(PermissionSet::EMPTY).principal
}

#[test]
fn a_tenant_credential_acts_for_its_own_tenant_only() {
    let authentication = Authentication::Tenant(acme());
    assert_eq!(authentication.act_for(None), Ok(acme()));
    assert_eq!(authentication.act_for(Some(&tenant("acme"))), Ok(acme()));
    let error = authentication.act_for(Some(&tenant("globex")));
    let error = error.expect_err("refused");
    assert_eq!(
        (error.kind(), error.code()),
        (ErrorKind::Forbidden, "tenant_mismatch")
    );
}

#[test]
fn a_daemon_acts_for_the_named_tenant_then_its_bearers_then_the_default() {
    let alone = Authentication::Daemon(DaemonAuthentication::new(tenant("local"), None));
    let beside = DaemonAuthentication::new(tenant("local"), Some(acme()));
    let beside = Authentication::Daemon(beside);
    for (authentication, named, expected) in [
        (&alone, Some("globex"), Ok("globex")),
        (&alone, None, Ok("local")),
        (&beside, Some("acme"), Ok("acme")),
        (&beside, None, Ok("acme")),
        (&beside, Some("local"), Err("tenant_mismatch")),
    ] {
        let named = named.map(tenant);
        let result = authentication.act_for(named.as_ref());
        let found = result
            .as_ref()
            .map(|p| p.tenant.as_str())
            .map_err(Classify::code);
        assert_eq!(found, expected, "{named:?}");
    }
}

#[test]
fn limits_are_kept_per_key_whatever_tenant_is_named() {
    let credential = acme().credential;
    assert_eq!(Authentication::Tenant(acme()).limit_key(), credential);
    let daemon = DaemonAuthentication::new(tenant("local"), Some(acme()));
    assert_eq!(
        Authentication::Daemon(daemon).limit_key(),
        Credential::DaemonKey
    );
}

#[test]
fn a_request_without_credentials_is_told_which_to_send() {
    assert_eq!(AuthError::Missing.kind(), ErrorKind::Unauthenticated);
    assert!(
        AuthError::Missing
            .to_string()
            .contains("Authorization: Bearer")
    );
    assert_eq!(AuthError::KeysUnavailable.kind(), ErrorKind::Unavailable);
}

/// Knows nothing of adapters.
struct NobodysDoor;

#[async_trait]
impl Authenticator for NobodysDoor {
    async fn authenticate(&self, _: Presented<'_>) -> Result<Authentication, AuthError> {
        Err(AuthError::Invalid)
    }
}

#[tokio::test]
async fn an_authenticator_that_says_nothing_of_adapters_refuses_them() {
    let result = NobodysDoor.authenticate_adapter("a token").await;
    assert!(
        matches!(result, Err(AuthError::NotConfigured { .. })),
        "{result:?}"
    );
}

#[test]
fn a_refused_adapter_is_told_which_header_or_claim_to_change() {
    for (error, code, said) in [
        (
            AuthError::MissingAdapterToken,
            "missing_credentials",
            "X-Adapter-Token",
        ),
        (
            AuthError::MalformedAdapterToken,
            "malformed_token",
            "X-Adapter-Token",
        ),
        (AuthError::NotAdapterToken, "wrong_token_type", "`type`"),
        (
            AuthError::LifeTooLong { longest_secs: 60 },
            "token_life_too_long",
            "60 s",
        ),
    ] {
        assert_eq!(error.kind(), ErrorKind::Unauthenticated);
        assert_eq!(error.code(), code);
        assert!(error.to_string().contains(said), "{error}");
    }
}
