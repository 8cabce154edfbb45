//! Tenants: created by those who may, or on first use where that is the rule.

use chrono_tz::Tz;
use clasper_core::{AuditEvent, Classify, Credential, ErrorKind, Permission, PermissionSet, Role};
use clasper_identity::{Error, NewTenant, TenantCreation, TenantProvisioning};

use crate::support::{caller, holder, operator, service, tenant};

fn acme() -> NewTenant {
    NewTenant {
        id: tenant("acme"),
        name: "Acme & Sons".into(),
        time_zone: Tz::Europe__Berlin,
    }
}

#[tokio::test]
async fn a_tenant_is_created_with_its_reason_in_its_own_log() {
    let (identity, memory) = service();
    let created = identity.create_tenant(&operator(), acme()).await;
    assert!(matches!(created, Ok(TenantCreation::Created(_))));
    let state = memory.state();
    let entry = state.entries.first().expect("an entry");
    assert_eq!(entry.event, AuditEvent::TenantCreated);
    assert_eq!(entry.tenant, tenant("acme"));
    assert_eq!(entry.actor, "local_operator");
    assert_eq!(entry.target.as_deref(), Some("tenant:acme"));
    assert_eq!(
        entry.detail.as_str(),
        r#"{"name":"Acme & Sons","on_first_use":false,"time_zone":"Europe/Berlin"}"#
    );
}

#[tokio::test]
async fn a_tenant_that_exists_stays_as_it_is() {
    let (identity, memory) = service();
    let first = identity.create_tenant(&operator(), acme()).await;
    let first = first.expect("created").into_tenant();
    let renamed = NewTenant {
        name: "Other".into(),
        ..acme()
    };
    let again = identity.create_tenant(&operator(), renamed).await;
    assert_eq!(again.expect("there"), TenantCreation::AlreadyExists(first));
    assert_eq!(memory.state().entries.len(), 1);
}

#[tokio::test]
async fn no_role_of_a_tenant_may_create_tenants() {
    let (identity, memory) = service();
    let admin = holder(Role::Admin.permissions());
    let error = identity.create_tenant(&admin, acme()).await;
    let error = error.expect_err("refused");
    assert_eq!(error.kind(), ErrorKind::Forbidden);
    assert_eq!(error.code(), "permission_denied");
    assert!(error.to_string().contains(Permission::TenantCreate.name()));
    assert!(memory.state().tenants.is_empty());
}

#[tokio::test]
async fn a_name_must_be_printable_and_of_sensible_length() {
    let (identity, _) = service();
    for name in ["", "  ", "a\nb", &"x".repeat(201)] {
        let new = NewTenant {
            name: name.to_owned(),
            ..acme()
        };
        let error = identity.create_tenant(&operator(), new).await;
        let error = error.expect_err("refused");
        assert_eq!(
            (error.kind(), error.pointer()),
            (ErrorKind::InvalidInput, Some("/name"))
        );
    }
}

#[tokio::test]
async fn an_unknown_tenant_is_refused_with_the_way_to_create_it() {
    let (identity, memory) = service();
    let error = identity.ensure_tenant(&holder(PermissionSet::EMPTY)).await;
    let error = error.expect_err("refused");
    assert!(matches!(error, Error::UnknownTenant(_)));
    assert_eq!(
        (error.kind(), error.code()),
        (ErrorKind::Forbidden, "unknown_tenant")
    );
    assert!(error.to_string().contains("clasperd tenant create"));
    assert!(memory.state().tenants.is_empty());
}

#[tokio::test]
async fn a_tenant_is_created_on_first_use_once_where_that_is_the_rule() {
    let (identity, memory) = service();
    let identity = identity.with_provisioning(TenantProvisioning::OnFirstUse);
    let caller = holder(PermissionSet::EMPTY);
    for _ in 0..3 {
        let tenant = identity.ensure_tenant(&caller).await.expect("provisioned");
        assert_eq!((tenant.name.as_str(), tenant.time_zone), ("acme", Tz::UTC));
    }
    let state = memory.state();
    assert_eq!((state.tenants.len(), state.entries.len()), (1, 1));
    assert!(state.entries[0].actor.starts_with("api_key:"));
}

#[tokio::test]
async fn a_known_tenant_is_looked_up_once() {
    let (identity, memory) = service();
    let (other, _) = service();
    identity
        .create_tenant(&operator(), acme())
        .await
        .expect("created");
    let caller = holder(PermissionSet::EMPTY);
    identity.ensure_tenant(&caller).await.expect("just created");
    assert_eq!(memory.tenant_lookups(), 0);
    assert!(other.ensure_tenant(&caller).await.is_err());
}

#[tokio::test]
async fn the_servers_own_tenant_is_made_once_by_the_server_and_nobody_acts_in_it() {
    let (identity, memory) = service();
    let named = NewTenant {
        id: tenant("clasper.server"),
        ..acme()
    };
    let error = identity.create_tenant(&operator(), named).await;
    assert_eq!(error.expect_err("refused").code(), "reserved_tenant");
    assert!(memory.state().tenants.is_empty());

    identity.ensure_server_tenant().await.expect("made");
    identity.ensure_server_tenant().await.expect("there");
    assert_eq!(memory.state().entries.len(), 1);
    assert_eq!(memory.state().entries[0].actor, "system");

    let identity = identity.with_provisioning(TenantProvisioning::OnFirstUse);
    let permissions = PermissionSet::all();
    let backend = caller("clasper.server", Credential::DaemonKey, permissions);
    let error = identity.ensure_tenant(&backend).await;
    let error = error.expect_err("refused");
    assert_eq!(error.code(), "reserved_tenant");
    assert_eq!(error.kind(), ErrorKind::Forbidden);
}
