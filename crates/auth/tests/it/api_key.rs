//! API keys: what opens, what does not, and how long either is remembered.

use clasper_core::{Credential, Role};
use clasper_identity::AuthError;

use crate::support::{API_KEY, Door};

#[tokio::test]
async fn a_key_acts_for_its_tenant_with_its_role() {
    let door = Door::new();
    let id = door.keys.put(API_KEY, Role::Agent);
    let principal = door.bearer(API_KEY).await.expect("a good key");
    assert_eq!(principal.tenant.as_str(), "acme");
    assert_eq!(principal.permissions, Role::Agent.permissions());
    assert_eq!(principal.credential, Credential::ApiKey(id));
}

#[tokio::test]
async fn a_revoked_key_is_refused_within_ten_seconds() {
    let door = Door::new();
    let id = door.keys.put(API_KEY, Role::Agent);
    door.bearer(API_KEY).await.expect("a good key");
    door.keys.revoke(id);
    door.pass(9);
    door.bearer(API_KEY).await.expect("still remembered");
    door.pass(1);
    let result = door.bearer(API_KEY).await;
    assert!(matches!(result, Err(AuthError::Invalid)), "{result:?}");
}

#[tokio::test]
async fn a_good_key_is_looked_up_once_in_ten_seconds() {
    let door = Door::new();
    door.keys.put(API_KEY, Role::Agent);
    for _ in 0..10 {
        door.bearer(API_KEY).await.expect("a good key");
        door.pass(1);
    }
    assert_eq!(door.keys.lookups(), 1);
}

#[tokio::test]
async fn an_unknown_key_is_refused_and_remembered_for_five_seconds() {
    let door = Door::new();
    for _ in 0..5 {
        let result = door.bearer(API_KEY).await;
        assert!(matches!(result, Err(AuthError::Invalid)), "{result:?}");
        door.pass(1);
    }
    assert_eq!(door.keys.lookups(), 1);
    door.keys.put(API_KEY, Role::Agent);
    door.bearer(API_KEY).await.expect("looked up again");
}

#[tokio::test]
async fn text_that_only_begins_like_a_key_costs_no_lookup() {
    let door = Door::new();
    let result = door.bearer("clk_nonsense").await;
    assert!(matches!(result, Err(AuthError::Malformed)), "{result:?}");
    assert_eq!(door.keys.lookups(), 0);
}

#[tokio::test]
async fn two_keys_of_one_tenant_are_told_apart_by_their_ids() {
    const OTHER: &str = "clk_another45678901234567890123456789012345678x";
    let door = Door::new();
    door.keys.put(API_KEY, Role::Operator);
    door.keys.put(OTHER, Role::Operator);
    let one = door.bearer(API_KEY).await.expect("a good key");
    let other = door.bearer(OTHER).await.expect("a good key");
    assert_eq!(one.tenant, other.tenant);
    assert_ne!(one.credential, other.credential);
    assert_ne!(one.actor(), other.actor());
}
