//! The daemon key, alone and beside a bearer.

use clasper_auth::AuthConfig;
use clasper_core::{Credential, PermissionSet, Role};
use clasper_identity::{AuthError, Authentication};
use secrecy::SecretString;
use serde_json::json;

use crate::support::{API_KEY, DAEMON_KEY, Door, claims, config, tenant, token};

async fn daemon(door: &Door, bearer: Option<&str>) -> Authentication {
    let result = door.present(bearer, Some(DAEMON_KEY)).await;
    result.expect("a good key")
}

#[tokio::test]
async fn the_daemon_key_acts_for_any_named_tenant_or_the_default() {
    let door = Door::new();
    let authentication = daemon(&door, None).await;
    let named = authentication.act_for(Some(&tenant("globex")));
    let named = named.expect("any tenant");
    assert_eq!(named.tenant, tenant("globex"));
    assert_eq!(named.permissions, PermissionSet::all());
    assert_eq!(named.credential, Credential::DaemonKey);
    let unnamed = authentication.act_for(None).expect("the default");
    assert_eq!(unnamed.tenant, tenant("local"));
    assert_eq!(authentication.limit_key(), Credential::DaemonKey);
}

#[tokio::test]
async fn a_bearer_beside_the_key_settles_tenant_user_and_tools() {
    let door = Door::new();
    let mut claims = claims();
    claims["user_id"] = json!("bob");
    claims["allowed_tools"] = json!(["search"]);
    let authentication = daemon(&door, Some(&token(&claims))).await;
    let principal = authentication.act_for(None).expect("the bearer's tenant");
    assert_eq!(principal.tenant, tenant("acme"));
    assert_eq!(principal.user.map(String::from).as_deref(), Some("bob"));
    assert_eq!(principal.allowed_tools, Some(vec!["search".to_owned()]));
    assert!(authentication.act_for(Some(&tenant("acme"))).is_ok());
    assert!(authentication.act_for(Some(&tenant("globex"))).is_err());
}

#[tokio::test]
async fn a_wrong_key_is_refused_even_beside_a_right_bearer() {
    let door = Door::new();
    door.keys.put(API_KEY, Role::Admin);
    for wrong in ["", "wrong", &DAEMON_KEY[1..]] {
        let result = door.present(Some(API_KEY), Some(wrong)).await;
        assert!(matches!(result, Err(AuthError::Invalid)), "{result:?}");
    }
}

#[tokio::test]
async fn a_right_key_does_not_make_up_for_a_wrong_bearer() {
    let door = Door::new();
    let result = door.present(Some(API_KEY), Some(DAEMON_KEY)).await;
    assert!(matches!(result, Err(AuthError::Invalid)), "{result:?}");
}

#[tokio::test]
async fn a_missing_or_weak_configured_key_opens_nothing() {
    for configured in [None, Some(""), Some("short")] {
        let door = Door::with(AuthConfig {
            daemon_key: configured.map(SecretString::from),
            ..config()
        });
        let presented = configured.unwrap_or_default();
        let result = door.present(None, Some(presented)).await;
        assert!(
            matches!(result, Err(AuthError::NotConfigured { .. })),
            "{result:?}"
        );
    }
}

#[tokio::test]
async fn nothing_presented_is_missing() {
    let result = Door::new().present(None, None).await;
    assert!(matches!(result, Err(AuthError::Missing)), "{result:?}");
}
