//! Tokens with the shared secret: forgery, expiry and the memory of proven ones.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clasper_auth::AuthConfig;
use clasper_core::{Credential, Permission, Role};
use clasper_identity::AuthError;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::support::{Door, SECRET, claims, config, sign, start, tenant, token};

/// A token with any header at all and no signature worth the name.
fn unsigned(header: &Value, claims: &Value, signature: &str) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.{signature}", part(header), part(claims))
}

#[tokio::test]
async fn every_hmac_algorithm_proves_a_token() {
    let door = Door::new();
    let key = EncodingKey::from_secret(SECRET.as_bytes());
    for algorithm in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
        let token = sign(&Header::new(algorithm), &claims(), &key);
        let principal = door.bearer(&token).await.expect("a good token");
        assert_eq!(principal.tenant, tenant("acme"));
        let expected = Role::Operator.permissions();
        let expected = expected.without(Permission::DecisionResolve);
        assert_eq!(principal.permissions, expected);
    }
}

#[tokio::test]
async fn a_tenants_token_cannot_name_another_tenant() {
    let door = Door::new();
    let authentication = door.present(Some(&token(&claims())), None).await;
    let authentication = authentication.expect("a good token");
    assert!(authentication.act_for(Some(&tenant("acme"))).is_ok());
    assert!(authentication.act_for(Some(&tenant("globex"))).is_err());
    assert!(authentication.act_for(Some(&tenant("local"))).is_err());
}

#[tokio::test]
async fn an_unsigned_token_is_refused() {
    let door = Door::new();
    for name in ["none", "None", "NONE", "", "HS1"] {
        let token = unsigned(&json!({"alg": name, "typ": "JWT"}), &claims(), "");
        let result = door.bearer(&token).await;
        assert!(
            matches!(result, Err(AuthError::Malformed)),
            "{name}: {result:?}"
        );
    }
    let result = door
        .bearer(&unsigned(&json!({"alg": "HS256"}), &claims(), ""))
        .await;
    assert!(matches!(result, Err(AuthError::Invalid)), "{result:?}");
}

#[tokio::test]
async fn a_token_with_another_secret_or_changed_claims_is_refused() {
    let door = Door::new();
    let other = EncodingKey::from_secret(b"another secret of more than enough bytes");
    let forged = sign(&Header::new(Algorithm::HS256), &claims(), &other);
    let good = token(&claims());
    let (_, signature) = good.rsplit_once('.').expect("three parts");
    let mut changed = claims();
    changed["tenant_id"] = json!("globex");
    let changed = unsigned(&json!({"alg": "HS256", "typ": "JWT"}), &changed, signature);
    for token in [forged, changed] {
        let result = door.bearer(&token).await;
        assert!(matches!(result, Err(AuthError::Invalid)), "{result:?}");
    }
}

#[tokio::test]
async fn text_that_is_no_token_and_tokens_without_end_are_refused() {
    let door = Door::new();
    let mut large = claims();
    large["padding"] = json!("x".repeat(8 * 1024));
    for text in ["", "x", "a.b", "a.b.c", "a.b.c.d", &token(&large)] {
        let result = door.bearer(text).await;
        assert!(matches!(result, Err(AuthError::Malformed)), "{result:?}");
    }
}

#[tokio::test]
async fn an_extension_that_must_be_understood_refuses_the_token() {
    let door = Door::new();
    let mut header = Header::new(Algorithm::HS256);
    header.crit = Some(vec!["b64".to_owned()]);
    let key = EncodingKey::from_secret(SECRET.as_bytes());
    let result = door.bearer(&sign(&header, &claims(), &key)).await;
    assert!(matches!(result, Err(AuthError::Invalid)), "{result:?}");
}

#[tokio::test]
async fn the_agent_token_that_backends_see_is_refused() {
    let door = Door::new();
    let mut agent = claims();
    agent["type"] = json!("agent");
    let result = door.bearer(&token(&agent)).await;
    assert!(matches!(result, Err(AuthError::WrongType)), "{result:?}");
}

#[tokio::test]
async fn a_remembered_token_does_not_outlive_its_expiry() {
    let door = Door::new();
    let mut short = claims();
    short["exp"] = json!(start().timestamp() + 10);
    let token = token(&short);
    door.bearer(&token).await.expect("a good token");
    door.pass(39);
    door.bearer(&token).await.expect("within the leeway");
    door.pass(1);
    let result = door.bearer(&token).await;
    assert!(matches!(result, Err(AuthError::Expired)), "{result:?}");
}

#[tokio::test]
async fn an_expired_token_says_so_only_when_its_signature_is_right() {
    let door = Door::new();
    let mut old = claims();
    old["exp"] = json!(start().timestamp() - 31);
    let result = door.bearer(&token(&old)).await;
    assert!(matches!(result, Err(AuthError::Expired)), "{result:?}");
    let result = door
        .bearer(&unsigned(&json!({"alg": "HS256"}), &old, "AAAA"))
        .await;
    assert!(matches!(result, Err(AuthError::Invalid)), "{result:?}");
}

#[tokio::test]
async fn limits_are_kept_per_token() {
    let door = Door::new();
    let key_of = async |claims: &Value| {
        let authentication = door.present(Some(&token(claims)), None).await;
        authentication.expect("a good token").limit_key()
    };
    let mut other = claims();
    other["user_id"] = json!("bob");
    let first = key_of(&claims()).await;
    assert!(matches!(first, Credential::TenantToken(_)));
    assert_eq!(first, key_of(&claims()).await);
    assert_ne!(first, key_of(&other).await);
}

#[tokio::test]
async fn a_missing_or_weak_secret_proves_nothing() {
    for secret in [None, Some("short")] {
        let door = Door::with(AuthConfig {
            agent_jwt_secret: secret.map(SecretString::from),
            ..config()
        });
        let key = EncodingKey::from_secret(secret.unwrap_or_default().as_bytes());
        let token = sign(&Header::new(Algorithm::HS256), &claims(), &key);
        let result = door.bearer(&token).await;
        assert!(
            matches!(result, Err(AuthError::NotConfigured { .. })),
            "{result:?}"
        );
    }
}

#[tokio::test]
async fn two_people_of_one_tenant_are_told_apart_and_one_person_is_known_again() {
    let door = Door::new();
    let as_user = async |name: &str, padding: i64| {
        let mut claims = claims();
        claims["user_id"] = json!(name);
        claims["padding"] = json!(padding);
        door.bearer(&token(&claims)).await.expect("a good token")
    };
    let (alice, bob) = (as_user("alice", 1).await, as_user("bob", 1).await);
    let alice_again = as_user("alice", 2).await;
    assert_eq!(alice.tenant, bob.tenant);
    assert_ne!(alice.user, bob.user);
    assert_ne!(alice.actor(), bob.actor());
    // Another token of hers is another credential of the same person.
    assert_ne!(alice.credential, alice_again.credential);
    assert_eq!(alice.user, alice_again.user);
    assert_eq!(alice.actor(), alice_again.actor());
}

#[tokio::test]
async fn two_tokens_that_name_nobody_are_not_told_apart() {
    let door = Door::new();
    let mut other = claims();
    other["padding"] = json!(1);
    let one = door.bearer(&token(&claims())).await.expect("a good token");
    let other = door.bearer(&token(&other)).await.expect("a good token");
    assert_eq!((one.user.clone(), one.actor()), (None, other.actor()));
}
