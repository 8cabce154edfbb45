//! API keys: shown once, kept as a digest, never above their maker.

use std::sync::Arc;

use clasper_core::{
    AuditEvent, Caller, Classify, Credential, ErrorKind, Permission, PermissionSet, Role,
    Sha256Digest,
};
use clasper_identity::{
    Error, Identity, NewKey, NoRandomness, SecretSource, TenantProvisioning, api_key_digest,
};
use secrecy::ExposeSecret;

use crate::support::{Memory, caller, holder, operator, scope, service, start, tenant};

fn new_key(role: Role) -> NewKey {
    NewKey {
        name: "backend".into(),
        role,
    }
}

fn admin() -> Caller {
    holder(Role::Admin.permissions())
}

/// A service in which tenant `acme` exists.
async fn acme() -> (Identity, Arc<Memory>) {
    let (identity, memory) = service();
    let identity = identity.with_provisioning(TenantProvisioning::OnFirstUse);
    identity.ensure_tenant(&admin()).await.expect("provisioned");
    (identity, memory)
}

#[tokio::test]
async fn a_key_is_kept_as_a_digest_and_a_prefix() {
    let (identity, memory) = acme().await;
    let created = identity
        .create_key(&admin(), &scope("acme"), new_key(Role::Agent))
        .await;
    let (key, secret) = created.expect("created");
    let secret = secret.expose_secret();
    assert_eq!(key.secret_hash, Sha256Digest::of(secret.as_bytes()));
    assert_eq!(api_key_digest(secret), Some(key.secret_hash));
    assert_eq!(key.prefix, secret[..12]);
    assert_eq!((key.created_at, key.revoked_at), (start(), None));
    let state = memory.state();
    assert_eq!(state.keys, vec![key]);
    let entry = state.entries.last().expect("an entry");
    assert_eq!(entry.event, AuditEvent::ApiKeyCreated);
    assert_eq!(entry.tenant, tenant("acme"));
    assert!(!format!("{entry:?}").contains(&secret[12..]));
}

#[tokio::test]
async fn nobody_makes_a_key_that_may_do_more_than_they_may() {
    let (identity, memory) = acme().await;
    let held = PermissionSet::EMPTY
        .with(Permission::KeyManage)
        .with(Permission::AgentRun)
        .with(Permission::TraceIngest)
        .with(Permission::RedactionReveal);
    let maker = holder(held);
    let agent = identity
        .create_key(&maker, &scope("acme"), new_key(Role::Agent))
        .await;
    assert!(agent.is_ok());
    let error = identity
        .create_key(&maker, &scope("acme"), new_key(Role::Viewer))
        .await;
    let error = error.expect_err("refused");
    assert_eq!(
        (error.kind(), error.code()),
        (ErrorKind::Forbidden, "role_too_high")
    );
    assert!(error.to_string().contains("trace:view"));
    assert_eq!(memory.state().keys.len(), 1);
}

#[tokio::test]
async fn the_operator_and_the_trusted_backend_may_give_any_role() {
    let (identity, _) = acme().await;
    let manage = PermissionSet::EMPTY.with(Permission::KeyManage);
    for caller in [operator(), caller("acme", Credential::DaemonKey, manage)] {
        let created = identity
            .create_key(&caller, &scope("acme"), new_key(Role::Admin))
            .await;
        assert!(created.is_ok());
    }
}

#[tokio::test]
async fn keys_are_managed_only_with_the_permission_and_in_the_own_tenant() {
    let (identity, _) = acme().await;
    let operator = holder(Role::Operator.permissions());
    let error = identity.list_keys(&operator, &scope("acme")).await;
    let error = error.expect_err("refused");
    assert!(matches!(
        error,
        Error::PermissionDenied(Permission::KeyManage)
    ));
    let error = identity.list_keys(&admin(), &scope("globex")).await;
    assert_eq!(error.expect_err("refused").code(), "tenant_mismatch");
}

#[tokio::test]
async fn a_key_of_a_tenant_that_does_not_exist_is_refused() {
    let (identity, _) = acme().await;
    let error = identity
        .create_key(&operator(), &scope("globex"), new_key(Role::Agent))
        .await;
    assert!(matches!(error, Err(Error::UnknownTenant(_))));
}

#[tokio::test]
async fn revoking_twice_is_revoking_once() {
    let (identity, memory) = acme().await;
    let created = identity
        .create_key(&admin(), &scope("acme"), new_key(Role::Agent))
        .await;
    let (key, _) = created.expect("created");
    let first = identity
        .revoke_key(&admin(), &scope("acme"), key.id)
        .await
        .expect("revoked");
    assert_eq!(first.revoked_at, Some(start()));
    let again = identity
        .revoke_key(&admin(), &scope("acme"), key.id)
        .await
        .expect("the same");
    assert_eq!(first, again);
    let listed = identity
        .list_keys(&admin(), &scope("acme"))
        .await
        .expect("listed");
    assert_eq!(listed, vec![first]);
    let state = memory.state();
    let revocations = state
        .entries
        .iter()
        .filter(|e| e.event == AuditEvent::ApiKeyRevoked);
    assert_eq!(revocations.count(), 1);
}

#[tokio::test]
async fn another_tenants_key_does_not_exist() {
    let (identity, memory) = acme().await;
    let created = identity
        .create_key(&admin(), &scope("acme"), new_key(Role::Agent))
        .await;
    let (key, _) = created.expect("created");
    let stranger = caller("globex", Credential::DaemonKey, PermissionSet::all());
    let error = identity
        .revoke_key(&stranger, &scope("globex"), key.id)
        .await;
    assert_eq!(error.expect_err("refused").kind(), ErrorKind::NotFound);
    assert_eq!(memory.state().keys[0].revoked_at, None);
}

struct Exhausted;

impl SecretSource for Exhausted {
    fn random_bytes(&self) -> Result<[u8; 32], NoRandomness> {
        Err(NoRandomness)
    }
}

#[tokio::test]
async fn without_randomness_no_key_is_made() {
    let (identity, memory) = acme().await;
    let identity = identity.with_secrets(Arc::new(Exhausted));
    let error = identity
        .create_key(&admin(), &scope("acme"), new_key(Role::Agent))
        .await;
    assert_eq!(error.expect_err("refused").kind(), ErrorKind::Internal);
    assert!(memory.state().keys.is_empty());
}
