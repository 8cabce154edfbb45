//! Attempts to make the courier connect to where it must not.

use std::time::Duration;

use clasper_notify::{
    BlockReason, Delivery, GuardPolicy, Resolver, SystemResolver, UnreachableCause, UrlError,
};

use crate::receiver::{Names, Receiver, Reply, courier, deliver, loopback_policy, open_policy};

const PATIENT: Duration = Duration::from_mins(10);
const IMPATIENT: Duration = Duration::from_millis(200);
/// RFC 5737: leads nowhere, so it may stand for an address of the attacker's once it is allowed.
const NOWHERE: &str = "192.0.2.1";

fn blocked(what: &'static str) -> Delivery {
    let reason = BlockReason::Address { what };
    Delivery::Blocked { reason }
}

fn with_nowhere(policy: GuardPolicy) -> GuardPolicy {
    policy.allow_network("192.0.2.0/24").expect("a network")
}

#[tokio::test]
async fn a_name_that_resolves_to_an_internal_address_reaches_nothing() {
    let receiver = Receiver::start(Reply::Status(200)).await;
    for (address, what) in [
        ("127.0.0.1", "loopback"),
        ("::1", "loopback"),
        ("::ffff:127.0.0.1", "IPv4-mapped"),
        ("64:ff9b::127.0.0.1", "loopback"),
        ("0.0.0.0", "this network"),
        ("::", "not assigned"),
        ("10.0.0.1", "private"),
        ("169.254.169.254", "link-local"),
        ("fd00:ec2::254", "cloud metadata"),
    ] {
        let names = Names::new(&[&[address]]);
        let courier = courier(open_policy(), &names, PATIENT);
        let url = receiver.url("127.0.0.1.rebind.example");
        let delivery = deliver(&courier, &url, &open_policy()).await;
        assert_eq!(delivery, blocked(what), "{address}");
        assert_eq!(names.asked(), ["127.0.0.1.rebind.example"]);
    }
    assert_eq!(receiver.seen().len(), 0);
}

#[tokio::test]
async fn a_name_that_is_rebound_between_attempts_is_checked_again() {
    let receiver = Receiver::start(Reply::Status(200)).await;
    let policy = with_nowhere(open_policy());
    let names = Names::new(&[&[NOWHERE], &["127.0.0.1"]]);
    let courier = courier(policy.clone(), &names, IMPATIENT);
    let url = receiver.url("rebind.example");

    let first = deliver(&courier, &url, &policy).await;
    assert!(matches!(first, Delivery::Unreachable { .. }), "{first:?}");
    // One question for each attempt: there is no second answer that could differ from the checked one.
    assert_eq!(names.asked().len(), 1);

    assert_eq!(deliver(&courier, &url, &policy).await, blocked("loopback"));
    assert_eq!(names.asked().len(), 2);
    assert_eq!(receiver.seen().len(), 0);
}

#[tokio::test]
async fn what_was_checked_is_what_is_connected_to() {
    let receiver = Receiver::start(Reply::Status(200)).await;
    let policy = loopback_policy();
    // A second question would lead nowhere.
    let names = Names::new(&[&["127.0.0.1"], &[NOWHERE]]);
    let courier = courier(policy.clone(), &names, PATIENT);
    let url = receiver.url("hooks.example");
    let delivery = deliver(&courier, &url, &policy).await;
    assert_eq!(delivery, Delivery::Accepted { status: 200 });
    assert_eq!(names.asked().len(), 1);
}

#[tokio::test]
async fn one_internal_address_among_others_refuses_the_name() {
    let receiver = Receiver::start(Reply::Status(200)).await;
    let policy = with_nowhere(open_policy());
    for answer in [[NOWHERE, "127.0.0.1"], ["127.0.0.1", NOWHERE]] {
        let names = Names::new(&[&answer]);
        let courier = courier(policy.clone(), &names, PATIENT);
        let url = receiver.url("mixed.example");
        assert_eq!(deliver(&courier, &url, &policy).await, blocked("loopback"));
    }
    assert_eq!(receiver.seen().len(), 0);
}

#[tokio::test]
async fn a_url_that_was_accepted_under_a_laxer_policy_is_held_against_the_present_one() {
    let receiver = Receiver::start(Reply::Status(200)).await;
    let names = Names::new(&[&["127.0.0.1"]]);
    let courier = courier(open_policy(), &names, PATIENT);
    let literal = deliver(&courier, &receiver.url("127.0.0.1"), &loopback_policy()).await;
    let reason = BlockReason::Url(UrlError::Address { what: "loopback" });
    assert_eq!(literal, Delivery::Blocked { reason });

    let lax = open_policy().allow_host("localhost").expect("a host");
    let by_name = deliver(&courier, &receiver.url("localhost"), &lax).await;
    let reason = BlockReason::Url(UrlError::LocalHost);
    assert_eq!(by_name, Delivery::Blocked { reason });
    assert_eq!(receiver.seen().len(), 0);
    assert!(names.asked().is_empty());
}

#[tokio::test]
async fn an_allowed_host_is_reached_where_others_are_not() {
    let receiver = Receiver::start(Reply::Status(200)).await;
    let policy = open_policy().allow_host("backend").expect("a host");
    let names = Names::new(&[&["127.0.0.1"]]);
    let courier = courier(policy.clone(), &names, PATIENT);
    let delivery = deliver(&courier, &receiver.url("backend"), &policy).await;
    assert_eq!(delivery, Delivery::Accepted { status: 200 });
    let other = deliver(&courier, &receiver.url("backend.example"), &policy).await;
    assert_eq!(other, blocked("loopback"));
    assert_eq!(receiver.seen().len(), 1);
}

#[tokio::test]
async fn a_literal_address_in_an_allowed_network_is_reached_without_asking_for_names() {
    let receiver = Receiver::start(Reply::Status(200)).await;
    let names = Names::new(&[]);
    let courier = courier(loopback_policy(), &names, PATIENT);
    let delivery = deliver(&courier, &receiver.url("127.0.0.1"), &loopback_policy()).await;
    assert_eq!(delivery, Delivery::Accepted { status: 200 });
    assert!(names.asked().is_empty());
}

#[tokio::test]
async fn a_denied_network_is_not_reached_even_if_it_is_allowed() {
    let receiver = Receiver::start(Reply::Status(200)).await;
    let policy = loopback_policy()
        .deny_network("127.0.0.1")
        .expect("a network");
    let names = Names::new(&[&["127.0.0.1"]]);
    let courier = courier(policy.clone(), &names, PATIENT);
    let url = receiver.url("hooks.example");
    assert_eq!(deliver(&courier, &url, &policy).await, blocked("denied"));
    assert_eq!(receiver.seen().len(), 0);
}

#[tokio::test]
async fn a_host_that_never_resolves_does_not_hold_an_attempt() {
    struct Silent;
    #[async_trait::async_trait]
    impl Resolver for Silent {
        async fn addresses(
            &self,
            _: &str,
        ) -> Result<Vec<std::net::IpAddr>, clasper_notify::ResolveError> {
            std::future::pending().await
        }
    }
    let config = clasper_notify::CourierConfig {
        timeout: IMPATIENT,
        ..clasper_notify::CourierConfig::default()
    };
    let courier = clasper_notify::Courier::new(open_policy(), &config, std::sync::Arc::new(Silent));
    let courier = courier.expect("a courier");
    let delivery = deliver(&courier, "https://slow.example/", &open_policy()).await;
    let cause = UnreachableCause::Timeout;
    assert_eq!(delivery, Delivery::Unreachable { cause });
}

#[tokio::test]
async fn the_systems_resolver_finds_this_machine_and_refuses_nonsense() {
    let resolver = SystemResolver::new(1);
    // One at a time, but not once: a lookup gives its place back.
    for _ in 0..3 {
        let found = resolver.addresses("localhost").await.expect("addresses");
        assert!(!found.is_empty() && found.iter().all(std::net::IpAddr::is_loopback));
        assert!(resolver.addresses("a..b").await.is_err());
    }
}
