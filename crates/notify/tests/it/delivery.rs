//! One attempt: what is sent, and what each answer means.

use std::sync::Arc;
use std::time::Duration;

use clasper_notify::{
    CallbackUrl, CallerHeaders, Courier, CourierConfig, CourierError, Delivery, SignedHeaders,
    SigningKey, SystemResolver, TOLERANCE, UnreachableCause, body_signature, verify,
};
use tokio::net::TcpListener;

use crate::receiver::{
    BODY, KEY, Names, Receiver, Reply, courier, deliver, deliver_with, loopback_policy, now,
};

/// Long enough that only a bound of another kind ends an attempt in time.
const PATIENT: Duration = Duration::from_mins(10);
const IMPATIENT: Duration = Duration::from_millis(200);

/// What comes of a message to a receiver that answers `reply`.
async fn outcome(reply: Reply, timeout: Duration) -> (Delivery, Receiver) {
    let receiver = Receiver::start(reply).await;
    let names = Names::new(&[&["127.0.0.1"]]);
    let courier = courier(loopback_policy(), &names, timeout);
    let url = receiver.url("hooks.example");
    let delivery = deliver(&courier, &url, &loopback_policy()).await;
    (delivery, receiver)
}

fn unreachable(cause: UnreachableCause) -> Delivery {
    Delivery::Unreachable { cause }
}

#[tokio::test]
async fn a_message_arrives_as_it_is_and_signed() {
    let (delivery, receiver) = outcome(Reply::Status(204), PATIENT).await;
    assert_eq!(delivery, Delivery::Accepted { status: 204 });
    let seen = receiver.seen();
    assert_eq!(seen.len(), 1);
    let seen = &seen[0];
    assert_eq!(seen.line, "POST /hook?token=s3cret");
    assert_eq!(seen.body, BODY);
    assert_eq!(seen.header("content-type"), "application/json");
    assert_eq!(seen.header("user-agent"), "Clasper-Webhook/1.0");
    let expected = body_signature(&"older secret".into(), BODY);
    assert_eq!(seen.header("x-clasper-signature"), expected);

    let headers = SignedHeaders {
        id: seen.header("webhook-id").to_owned(),
        timestamp: seen.header("webhook-timestamp").to_owned(),
        signature: seen.header("webhook-signature").to_owned(),
    };
    assert_eq!(headers.id, "msg_1");
    let key = SigningKey::parse(&KEY.into()).and_then(|key| key.verifying_key());
    let keys = [key.expect("a key")];
    assert_eq!(
        verify(&headers, &seen.body, now(), TOLERANCE, &keys),
        Ok(())
    );
}

#[tokio::test]
async fn the_tenants_headers_are_sent_beside_ours() {
    let receiver = Receiver::start(Reply::Status(200)).await;
    let names = Names::new(&[&["127.0.0.1"]]);
    let courier = courier(loopback_policy(), &names, PATIENT);
    let url = CallbackUrl::parse(&receiver.url("hooks.example"), &loopback_policy());
    let headers = CallerHeaders::parse([("Authorization", "Bearer abc"), ("x-tenant", "acme")]);
    let headers = headers.expect("headers");
    let delivery = deliver_with(&courier, &url.expect("a URL"), &headers).await;
    assert_eq!(delivery, Delivery::Accepted { status: 200 });
    let seen = receiver.seen();
    assert_eq!(seen[0].header("authorization"), "Bearer abc");
    assert_eq!(seen[0].header("x-tenant"), "acme");
    assert_eq!(seen[0].header("webhook-id"), "msg_1");
}

#[tokio::test]
async fn a_redirect_is_a_refusal_and_is_not_followed() {
    let elsewhere = Receiver::start(Reply::Status(200)).await;
    for status in [301, 302, 303, 307, 308] {
        let reply = Reply::With(status, "location", elsewhere.url("127.0.0.1"));
        let (delivery, receiver) = outcome(reply, PATIENT).await;
        let expected = Delivery::Refused {
            status,
            permanent: false,
            retry_after: None,
        };
        assert_eq!(delivery, expected);
        assert_eq!(receiver.seen().len(), 1);
    }
    assert_eq!(elsewhere.seen().len(), 0);
}

#[tokio::test]
async fn a_receiver_that_is_gone_is_told_from_one_that_is_busy() {
    let (delivery, _) = outcome(Reply::Status(410), PATIENT).await;
    let expected = Delivery::Refused {
        status: 410,
        permanent: true,
        retry_after: None,
    };
    assert_eq!(delivery, expected);

    for (asked, seconds) in [("30", 30), ("99999999", 86_400)] {
        let reply = Reply::With(429, "retry-after", asked.to_owned());
        let (delivery, receiver) = outcome(reply, PATIENT).await;
        let expected = Delivery::Refused {
            status: 429,
            permanent: false,
            retry_after: Some(Duration::from_secs(seconds)),
        };
        assert_eq!(delivery, expected);
        // The courier itself tries once.
        assert_eq!(receiver.seen().len(), 1);
    }
}

#[tokio::test]
async fn an_endless_answer_is_not_read_to_its_end() {
    let (delivery, _) = outcome(Reply::Endless(200), PATIENT).await;
    assert_eq!(delivery, Delivery::Accepted { status: 200 });
    let (delivery, _) = outcome(Reply::Endless(500), PATIENT).await;
    assert!(matches!(delivery, Delivery::Refused { status: 500, .. }));
}

#[tokio::test]
async fn an_answer_that_stalls_after_its_status_counts_by_its_status() {
    let (delivery, _) = outcome(Reply::Stalled(200), Duration::from_secs(1)).await;
    assert_eq!(delivery, Delivery::Accepted { status: 200 });
}

#[tokio::test]
async fn a_receiver_that_does_not_answer_is_given_up_in_time() {
    let (delivery, receiver) = outcome(Reply::Silence, IMPATIENT).await;
    assert_eq!(delivery, unreachable(UnreachableCause::Timeout));
    assert_eq!(receiver.seen().len(), 1);
}

#[tokio::test]
async fn a_receiver_that_is_not_there_is_unreachable() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    drop(listener);
    let names = Names::new(&[&["127.0.0.1"]]);
    let courier = courier(loopback_policy(), &names, PATIENT);
    let url = format!("http://hooks.example:{port}/");
    let delivery = deliver(&courier, &url, &loopback_policy()).await;
    assert_eq!(delivery, unreachable(UnreachableCause::Connection));
}

#[tokio::test]
async fn https_is_never_spoken_in_the_clear() {
    let receiver = Receiver::start(Reply::Status(200)).await;
    let names = Names::new(&[&["127.0.0.1"]]);
    let courier = courier(loopback_policy(), &names, PATIENT);
    let url = receiver.url("hooks.example").replace("http:", "https:");
    let delivery = deliver(&courier, &url, &loopback_policy()).await;
    assert_eq!(delivery, unreachable(UnreachableCause::Connection));
    assert_eq!(receiver.seen().len(), 0);
}

#[tokio::test]
async fn a_name_without_addresses_is_unreachable() {
    let receiver = Receiver::start(Reply::Status(200)).await;
    for names in [Names::new(&[]), Names::new(&[&[]])] {
        let courier = courier(loopback_policy(), &names, PATIENT);
        let url = receiver.url("hooks.example");
        let delivery = deliver(&courier, &url, &loopback_policy()).await;
        assert_eq!(delivery, unreachable(UnreachableCause::Name));
    }
}

#[test]
fn a_root_certificate_that_is_none_is_refused() {
    let broken = b"-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n";
    let config = CourierConfig {
        root_certificates_pem: vec![broken.to_vec()],
        ..CourierConfig::default()
    };
    let made = Courier::new(loopback_policy(), &config, Arc::new(SystemResolver::new(1)));
    let error = made.expect_err("no certificate");
    assert!(matches!(error, CourierError::Certificate(_)), "{error:?}");
}
