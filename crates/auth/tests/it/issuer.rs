//! Tokens of an issuer whose keys are fetched: algorithms, confusion, rotation and failure.

use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use clasper_auth::{AuthConfig, JwksConfig};
use clasper_identity::AuthError;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::support::{Door, claims, config, issued, sign, tenant};

const RSA: &[u8] = include_bytes!("../keys/rsa.pem");
const RSA_PUBLIC: &[u8] = include_bytes!("../keys/rsa_public.pem");
const EC: &[u8] = include_bytes!("../keys/ec.pem");
const ED: &[u8] = include_bytes!("../keys/ed.pem");
const ED_NEXT: &[u8] = include_bytes!("../keys/ed_next.pem");

fn rsa() -> EncodingKey {
    EncodingKey::from_rsa_pem(RSA).expect("a test key")
}

fn ec() -> EncodingKey {
    EncodingKey::from_ec_pem(EC).expect("a test key")
}

fn ed(pem: &[u8]) -> EncodingKey {
    EncodingKey::from_ed_pem(pem).expect("a test key")
}

/// A token of the issuer's key `ed`.
fn ed_token() -> String {
    issued(Algorithm::EdDSA, "ed", &claims(), &ed(ED))
}

/// The public part of `key` as the issuer publishes it.
fn public(kid: &str, algorithm: Algorithm, key: &EncodingKey) -> Value {
    let mut jwk = Jwk::from_encoding_key(key, algorithm).expect("a public part");
    jwk.common.key_id = Some(kid.to_owned());
    serde_json::to_value(jwk).expect("JSON")
}

enum Answer {
    Keys(Value),
    Broken,
    Redirect,
}

struct Served {
    answer: Mutex<Answer>,
    fetches: AtomicUsize,
}

/// An issuer on the loopback, whose server stops with the test.
struct Issuer {
    served: Arc<Served>,
    config: JwksConfig,
    _server: JoinSet<std::io::Result<()>>,
}

impl Issuer {
    async fn serving(keys: Value) -> Self {
        let served = Arc::new(Served {
            answer: Mutex::new(Answer::Keys(keys)),
            fetches: AtomicUsize::new(0),
        });
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
        let listener = listener.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let router = Router::new()
            .route("/jwks", get(answer))
            .route("/elsewhere", get(answer_elsewhere))
            .with_state(Arc::clone(&served));
        let mut running = JoinSet::new();
        running.spawn(async { axum::serve(listener, router).await });
        let url = format!("http://{address}/jwks");
        let config = JwksConfig {
            url: url.parse().expect("an address"),
            issuer: None,
            audience: None,
            refresh: Duration::from_mins(5),
        };
        Self {
            served,
            config,
            _server: running,
        }
    }

    /// With the `EdDSA` key that most tests use.
    async fn serving_ed() -> Self {
        Self::serving(json!([public("ed", Algorithm::EdDSA, &ed(ED))])).await
    }

    fn answers(&self, answer: Answer) {
        let held = self.served.answer.lock();
        *held.unwrap_or_else(PoisonError::into_inner) = answer;
    }

    fn fetches(&self) -> usize {
        self.served.fetches.load(Ordering::Relaxed)
    }

    fn door(&self) -> Door {
        self.door_with(|_| {})
    }

    fn door_with(&self, adjust: impl FnOnce(&mut JwksConfig)) -> Door {
        let mut jwks = self.config.clone();
        adjust(&mut jwks);
        Door::with(AuthConfig {
            jwks: Some(jwks),
            ..config()
        })
    }
}

async fn answer(State(served): State<Arc<Served>>) -> Response {
    served.fetches.fetch_add(1, Ordering::Relaxed);
    let held = served.answer.lock().unwrap_or_else(PoisonError::into_inner);
    match &*held {
        Answer::Keys(keys) => json!({"keys": keys}).to_string().into_response(),
        Answer::Broken => StatusCode::BAD_GATEWAY.into_response(),
        Answer::Redirect => Redirect::temporary("/elsewhere").into_response(),
    }
}

async fn answer_elsewhere() -> Response {
    let keys = json!([public("ed", Algorithm::EdDSA, &ed(ED))]);
    json!({"keys": keys}).to_string().into_response()
}

#[tokio::test]
async fn every_asymmetric_family_proves_a_token() {
    let keys = json!([
        {"kty": "unheard-of", "kid": "x"},
        public("rsa", Algorithm::RS256, &rsa()),
        public("ec", Algorithm::ES256, &ec()),
        public("ed", Algorithm::EdDSA, &ed(ED)),
    ]);
    let issuer = Issuer::serving(keys).await;
    let door = issuer.door();
    for token in [
        issued(Algorithm::RS256, "rsa", &claims(), &rsa()),
        issued(Algorithm::ES256, "ec", &claims(), &ec()),
        ed_token(),
    ] {
        let principal = door.bearer(&token).await.expect("a good token");
        assert_eq!(principal.tenant, tenant("acme"));
    }
    assert_eq!(issuer.fetches(), 1);
}

#[tokio::test]
async fn a_public_key_is_never_taken_for_a_shared_secret() {
    let issuer = Issuer::serving(json!([public("rsa", Algorithm::RS256, &rsa())])).await;
    let door = issuer.door();
    let as_secret = EncodingKey::from_secret(RSA_PUBLIC);
    let forged = issued(Algorithm::HS256, "rsa", &claims(), &as_secret);
    let result = door.bearer(&forged).await;
    assert!(matches!(result, Err(AuthError::Invalid)), "{result:?}");
}

#[tokio::test]
async fn a_symmetric_key_among_the_published_verifies_nothing() {
    let published = json!({"kty": "oct", "kid": "oct", "alg": "HS256", "k": "c2VjcmV0"});
    let keys = json!([published, public("ed", Algorithm::EdDSA, &ed(ED))]);
    let issuer = Issuer::serving(keys).await;
    let forged = EncodingKey::from_secret(b"secret");
    let forged = issued(Algorithm::HS256, "oct", &claims(), &forged);
    let result = issuer.door().bearer(&forged).await;
    assert!(matches!(result, Err(AuthError::Invalid)), "{result:?}");
}

#[tokio::test]
async fn a_key_serves_only_the_algorithm_and_use_it_was_published_for() {
    let mut encryption = public("enc", Algorithm::RS256, &rsa());
    encryption["use"] = json!("enc");
    let keys = json!([encryption, public("rsa", Algorithm::RS256, &rsa())]);
    let issuer = Issuer::serving(keys).await;
    let door = issuer.door();
    for token in [
        issued(Algorithm::RS256, "enc", &claims(), &rsa()),
        issued(Algorithm::PS256, "rsa", &claims(), &rsa()),
        issued(Algorithm::EdDSA, "rsa", &claims(), &ed(ED)),
    ] {
        let result = door.bearer(&token).await;
        assert!(matches!(result, Err(AuthError::Invalid)), "{result:?}");
    }
}

#[tokio::test]
async fn a_token_without_a_key_id_is_refused() {
    let issuer = Issuer::serving_ed().await;
    let token = sign(&Header::new(Algorithm::EdDSA), &claims(), &ed(ED));
    let result = issuer.door().bearer(&token).await;
    assert!(matches!(result, Err(AuthError::Invalid)), "{result:?}");
}

#[tokio::test]
async fn issuer_and_audience_must_be_as_configured() {
    let issuer = Issuer::serving_ed().await;
    let door = issuer.door_with(|jwks| {
        jwks.issuer = Some("https://issuer.example".into());
        jwks.audience = Some("clasper".into());
    });
    for (iss, aud, refused) in [
        (
            json!("https://issuer.example"),
            json!(["other", "clasper"]),
            None,
        ),
        (
            json!("https://other.example"),
            json!("clasper"),
            Some("iss"),
        ),
        (json!("https://issuer.example"), json!("other"), Some("aud")),
        (json!(null), json!("clasper"), Some("iss")),
        (json!("https://issuer.example"), json!(null), Some("aud")),
    ] {
        let mut claims = claims();
        claims["iss"] = iss;
        claims["aud"] = aud;
        let token = issued(Algorithm::EdDSA, "ed", &claims, &ed(ED));
        let claim = match door.bearer(&token).await {
            Ok(_) => None,
            Err(AuthError::Claim { claim }) => Some(claim),
            Err(other) => panic!("{other:?}"),
        };
        assert_eq!(claim, refused, "{claims}");
    }
}

#[tokio::test]
async fn a_new_key_is_fetched_when_a_token_names_it_and_the_old_one_ends() {
    let issuer = Issuer::serving_ed().await;
    let door = issuer.door();
    door.bearer(&ed_token()).await.expect("the first key");
    issuer.answers(Answer::Keys(json!([public(
        "next",
        Algorithm::EdDSA,
        &ed(ED_NEXT)
    )])));
    let next = issued(Algorithm::EdDSA, "next", &claims(), &ed(ED_NEXT));
    let result = door.bearer(&next).await;
    assert!(
        matches!(result, Err(AuthError::Invalid)),
        "too soon: {result:?}"
    );
    door.pass(10);
    door.bearer(&next).await.expect("the second key");
    door.bearer(&ed_token()).await.expect("still remembered");
    door.pass(60);
    let result = door.bearer(&ed_token()).await;
    assert!(matches!(result, Err(AuthError::Invalid)), "{result:?}");
}

#[tokio::test]
async fn made_up_key_ids_cause_one_fetch_in_ten_seconds() {
    let issuer = Issuer::serving_ed().await;
    let door = issuer.door();
    for n in 0..20 {
        let token = issued(
            Algorithm::EdDSA,
            &format!("made-up-{n}"),
            &claims(),
            &ed(ED),
        );
        let result = door.bearer(&token).await;
        assert!(matches!(result, Err(AuthError::Invalid)), "{result:?}");
        door.pass(1);
    }
    assert_eq!(issuer.fetches(), 2);
}

#[tokio::test]
async fn keys_that_cannot_be_fetched_refuse_tokens() {
    let issuer = Issuer::serving_ed().await;
    for answer in [Answer::Broken, Answer::Redirect, Answer::Keys(json!([]))] {
        issuer.answers(answer);
        let door = issuer.door();
        for _ in 0..2 {
            let result = door.bearer(&ed_token()).await;
            assert!(
                matches!(result, Err(AuthError::KeysUnavailable)),
                "{result:?}"
            );
        }
    }
    assert_eq!(issuer.fetches(), 3);
}

#[tokio::test]
async fn a_key_set_without_end_is_not_read() {
    let padding = "x".repeat(256 * 1024);
    let keys = json!([public("ed", Algorithm::EdDSA, &ed(ED)), {"kty": padding}]);
    let issuer = Issuer::serving(keys).await;
    let result = issuer.door().bearer(&ed_token()).await;
    assert!(
        matches!(result, Err(AuthError::KeysUnavailable)),
        "{result:?}"
    );
}

#[tokio::test]
async fn old_keys_stay_good_for_an_hour_while_the_issuer_does_not_answer() {
    let issuer = Issuer::serving_ed().await;
    let door = issuer.door();
    let mut long = claims();
    long["exp"] = json!(i64::MAX);
    let token = issued(Algorithm::EdDSA, "ed", &long, &ed(ED));
    door.bearer(&token).await.expect("fetched");
    issuer.answers(Answer::Broken);
    door.pass(300 + 3599);
    door.bearer(&token).await.expect("old, but good");
    assert_eq!(issuer.fetches(), 2);
    door.pass(60);
    let result = door.bearer(&token).await;
    assert!(
        matches!(result, Err(AuthError::KeysUnavailable)),
        "{result:?}"
    );
}

#[tokio::test]
async fn without_an_issuer_its_tokens_are_refused_with_advice() {
    let result = Door::new().bearer(&ed_token()).await;
    assert!(
        matches!(result, Err(AuthError::NotConfigured { .. })),
        "{result:?}"
    );
}
