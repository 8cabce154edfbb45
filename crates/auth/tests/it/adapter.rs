//! Adapters' tokens: what opens, what does not, and that no token opens another door.

use std::time::Duration;

use clasper_auth::{AdapterTokenConfig, AuthConfig};
use clasper_core::Credential;
use clasper_identity::{AdapterPrincipal, AuthError, Authenticator};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::support::{
    ADAPTER_SECRET, API_KEY, DAEMON_KEY, Door, SECRET, adapter_claims, adapter_token, adapters,
    claims, config, sign, start, tenant, token,
};

async fn prove(door: &Door, token: &str) -> Result<AdapterPrincipal, AuthError> {
    door.verifier.authenticate_adapter(token).await
}

/// What comes of a token with these claims changed; `null` leaves one out.
async fn with(changes: Value) -> Result<AdapterPrincipal, AuthError> {
    let mut claims = adapter_claims();
    for (name, value) in changes.as_object().expect("an object") {
        if value.is_null() {
            claims.as_object_mut().expect("an object").remove(name);
        } else {
            claims[name] = value.clone();
        }
    }
    prove(&Door::new(), &adapter_token(&claims)).await
}

#[tokio::test]
async fn the_token_names_the_adapter_and_everything_it_may_ask_for() {
    let door = Door::new();
    let key = EncodingKey::from_secret(ADAPTER_SECRET.as_bytes());
    for algorithm in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
        let token = sign(&Header::new(algorithm), &adapter_claims(), &key);
        let adapter = prove(&door, &token).await.expect("a good token");
        assert_eq!(adapter.tenant, tenant("acme"));
        assert_eq!(adapter.workspace.as_str(), "laptop");
        assert_eq!(adapter.actor(), "adapter:openclaw-local");
        assert_eq!(adapter.capabilities, ["exec", "read", "write"]);
        assert!(adapter.may_ask_for("exec") && !adapter.may_ask_for("delete"));
        assert!(matches!(adapter.credential, Credential::AdapterToken(_)));
    }
}

#[tokio::test]
async fn the_header_of_the_plugins_own_tokens_has_no_type() {
    let mut header = Header::new(Algorithm::HS256);
    header.typ = None;
    let key = EncodingKey::from_secret(ADAPTER_SECRET.as_bytes());
    let adapter = prove(&Door::new(), &sign(&header, &adapter_claims(), &key)).await;
    assert_eq!(adapter.expect("a good token").tenant, tenant("acme"));
}

#[tokio::test]
async fn a_token_of_the_servers_own_tenant_is_refused() {
    let refused = with(json!({"tenant_id": "clasper.server"})).await;
    let refused = refused.expect_err("refused").to_string();
    assert!(refused.contains("`tenant_id`"), "{refused}");
}

#[tokio::test]
async fn a_missing_or_unusable_claim_is_named() {
    for name in ["tenant_id", "workspace_id", "adapter_id"] {
        for value in [
            json!(null),
            json!(7),
            json!(""),
            json!("../x"),
            json!(["a"]),
        ] {
            let result = with(json!({ name: value })).await;
            assert!(
                matches!(&result, Err(AuthError::Claim { claim }) if *claim == name),
                "{name}: {result:?}"
            );
        }
    }
    for name in ["iat", "exp"] {
        for value in [json!(null), json!("soon"), json!(-1)] {
            let result = with(json!({ name: value })).await;
            assert!(
                matches!(&result, Err(AuthError::Claim { claim }) if *claim == name),
                "{name}: {result:?}"
            );
        }
    }
}

#[tokio::test]
async fn one_unusable_capability_refuses_the_whole_list() {
    let long = "x".repeat(129);
    let many: Vec<String> = (0..513).map(|n| n.to_string()).collect();
    for list in [
        json!(null),
        json!("exec"),
        json!({"exec": true}),
        json!(["exec", 7]),
        json!(["exec", null]),
        json!(["exec", ["read"]]),
        json!(["exec", "*"]),
        json!(["exec", " "]),
        json!(["exec", "read\n"]),
        json!(["exec", long]),
        json!(many),
    ] {
        let result = with(json!({"allowed_capabilities": list})).await;
        let refused = matches!(
            &result,
            Err(AuthError::Claim {
                claim: "allowed_capabilities"
            })
        );
        assert!(refused, "{list}: {result:?}");
    }
    let none = with(json!({"allowed_capabilities": []})).await;
    assert!(none.expect("may ask for nothing").capabilities.is_empty());
}

#[tokio::test]
async fn a_token_of_another_type_or_of_none_is_refused() {
    for kind in [
        json!(null),
        json!("agent"),
        json!("Adapter"),
        json!(["adapter"]),
        json!("decision_token"),
    ] {
        let result = with(json!({"type": kind})).await;
        assert!(matches!(result, Err(AuthError::NotAdapterToken)), "{kind}");
    }
}

#[tokio::test]
async fn an_adapters_token_is_no_tenants_bearer() {
    let door = Door::new();
    // The real one fails by its signature, one that the backend signs for itself by its type.
    let real = door.bearer(&adapter_token(&adapter_claims())).await;
    assert!(matches!(real, Err(AuthError::Invalid)), "{real:?}");
    let own = door.bearer(&token(&adapter_claims())).await;
    assert!(matches!(own, Err(AuthError::WrongType)), "{own:?}");
}

#[tokio::test]
async fn a_tenants_credentials_are_no_adapters_token() {
    let door = Door::new();
    for bearer in [token(&claims()), token(&adapter_claims())] {
        let result = prove(&door, &bearer).await;
        assert!(matches!(result, Err(AuthError::Invalid)), "{result:?}");
    }
    // Signed with the adapters' secret, but a tenant's by its claims.
    let result = prove(&door, &adapter_token(&claims())).await;
    assert!(
        matches!(result, Err(AuthError::NotAdapterToken)),
        "{result:?}"
    );
    for text in ["", "x", "a.b.c", API_KEY, DAEMON_KEY] {
        let result = prove(&door, text).await;
        assert!(
            matches!(result, Err(AuthError::MalformedAdapterToken)),
            "{result:?}"
        );
    }
}

#[tokio::test]
async fn forged_changed_oversized_and_unsigned_tokens_are_refused() {
    let door = Door::new();
    let other = EncodingKey::from_secret(b"another secret of more than enough bytes");
    let forged = sign(&Header::new(Algorithm::HS256), &adapter_claims(), &other);
    let good = adapter_token(&adapter_claims());
    let mut wider = adapter_claims();
    wider["allowed_capabilities"] = json!(["delete"]);
    let wider = adapter_token(&wider);
    let (wider, _) = wider.rsplit_once('.').expect("three parts");
    let (start_of_good, signature) = good.rsplit_once('.').expect("three parts");
    for token in [
        forged,
        format!("{wider}.{signature}"),
        format!("{start_of_good}."),
    ] {
        let result = prove(&door, &token).await;
        assert!(matches!(result, Err(AuthError::Invalid)), "{result:?}");
    }
    let mut large = adapter_claims();
    large["padding"] = json!("x".repeat(8 * 1024));
    let result = prove(&door, &adapter_token(&large)).await;
    assert!(
        matches!(result, Err(AuthError::MalformedAdapterToken)),
        "{result:?}"
    );
    let mut header = Header::new(Algorithm::HS256);
    header.crit = Some(vec!["b64".to_owned()]);
    let key = EncodingKey::from_secret(ADAPTER_SECRET.as_bytes());
    let result = prove(&door, &sign(&header, &adapter_claims(), &key)).await;
    assert!(matches!(result, Err(AuthError::Invalid)), "{result:?}");
}

#[tokio::test]
async fn a_token_signed_with_a_public_key_algorithm_is_refused() {
    let key = EncodingKey::from_ec_pem(include_bytes!("../keys/ec.pem")).expect("a test key");
    let token = sign(&Header::new(Algorithm::ES256), &adapter_claims(), &key);
    let result = prove(&Door::new(), &token).await;
    let refused =
        matches!(&result, Err(AuthError::NotConfigured { advice }) if advice.contains("HS256"));
    assert!(refused, "{result:?}");
}

#[tokio::test]
async fn a_token_is_good_from_its_start_to_its_end_and_half_a_minute() {
    let now = start().timestamp();
    with(json!({"nbf": now + 30})).await.expect("within leeway");
    with(json!({"iat": now + 30})).await.expect("within leeway");
    with(json!({"exp": now - 29, "iat": now - 60}))
        .await
        .expect("within leeway");
    for early in [json!({"nbf": now + 31}), json!({"iat": now + 31})] {
        let result = with(early.clone()).await;
        assert!(matches!(result, Err(AuthError::NotYetValid)), "{early}");
    }
    let result = with(json!({"exp": now - 30, "iat": now - 60})).await;
    assert!(matches!(result, Err(AuthError::Expired)), "{result:?}");
}

#[tokio::test]
async fn a_remembered_token_does_not_outlive_its_expiry() {
    let door = Door::new();
    let mut short = adapter_claims();
    short["exp"] = json!(start().timestamp() + 10);
    let token = adapter_token(&short);
    prove(&door, &token).await.expect("a good token");
    door.pass(39);
    prove(&door, &token).await.expect("within the leeway");
    door.pass(1);
    let result = prove(&door, &token).await;
    assert!(matches!(result, Err(AuthError::Expired)), "{result:?}");
}

#[tokio::test]
async fn a_token_that_lives_longer_than_allowed_is_refused() {
    let now = start().timestamp();
    with(json!({"exp": now + 86_400})).await.expect("a day");
    for exp in [json!(now + 86_401), json!(u64::MAX)] {
        let result = with(json!({"exp": exp})).await;
        let refused = matches!(
            result,
            Err(AuthError::LifeTooLong {
                longest_secs: 86_400
            })
        );
        assert!(refused, "{result:?}");
    }
    let door = Door::with(AuthConfig {
        adapters: Some(AdapterTokenConfig {
            longest_life: Duration::from_mins(5),
            ..adapters(ADAPTER_SECRET)
        }),
        ..config()
    });
    let result = prove(&door, &adapter_token(&adapter_claims())).await;
    let said = result.expect_err("two hours").to_string();
    assert!(said.contains("300 s"), "{said}");
}

#[tokio::test]
async fn without_a_strong_secret_of_their_own_adapters_are_refused_with_advice() {
    for secret in [None, Some("short"), Some(SECRET), Some(DAEMON_KEY)] {
        let door = Door::with(AuthConfig {
            adapters: secret.map(adapters),
            ..config()
        });
        let key = EncodingKey::from_secret(secret.unwrap_or_default().as_bytes());
        let token = sign(&Header::new(Algorithm::HS256), &adapter_claims(), &key);
        let result = prove(&door, &token).await;
        let advised = matches!(&result, Err(AuthError::NotConfigured { advice }) if advice.contains("ADAPTER_JWT_SECRET"));
        assert!(advised, "{secret:?}: {result:?}");
    }
    // The other doors stay open.
    let door = Door::with(AuthConfig {
        adapters: None,
        agent_jwt_secret: Some(SecretString::from(SECRET)),
        ..config()
    });
    door.bearer(&token(&claims())).await.expect("a good token");
}

#[tokio::test]
async fn limits_are_kept_per_adapter_token() {
    let door = Door::new();
    let mut other = adapter_claims();
    other["adapter_id"] = json!("another");
    let key_of = async |claims: &Value| {
        let adapter = prove(&door, &adapter_token(claims)).await;
        adapter.expect("a good token").credential
    };
    let first = key_of(&adapter_claims()).await;
    assert_eq!(first, key_of(&adapter_claims()).await);
    assert_ne!(first, key_of(&other).await);
}
