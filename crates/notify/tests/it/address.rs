//! Every range of IANA's special-purpose registries, first and last address, and their neighbours.

use std::net::IpAddr;

use clasper_notify::is_public;
use ipnet::IpNet;
use proptest::prelude::*;

/// The range, whether the registry calls it globally reachable, and whether callbacks go there.
const REGISTRY: &[(&str, bool, bool)] = &[
    // https://www.iana.org/assignments/iana-ipv4-special-registry
    ("0.0.0.0/8", false, false),
    ("0.0.0.0/32", false, false),
    ("10.0.0.0/8", false, false),
    ("100.64.0.0/10", false, false),
    ("127.0.0.0/8", false, false),
    ("169.254.0.0/16", false, false),
    ("172.16.0.0/12", false, false),
    ("192.0.0.0/24", false, false),
    ("192.0.0.0/29", false, false),
    ("192.0.0.8/32", false, false),
    ("192.0.0.9/32", true, false),
    ("192.0.0.10/32", true, false),
    ("192.0.0.170/32", false, false),
    ("192.0.0.171/32", false, false),
    ("192.0.2.0/24", false, false),
    ("192.31.196.0/24", true, true),
    ("192.52.193.0/24", true, false),
    ("192.88.99.0/24", false, false),
    ("192.168.0.0/16", false, false),
    ("192.175.48.0/24", true, true),
    ("198.18.0.0/15", false, false),
    ("198.51.100.0/24", false, false),
    ("203.0.113.0/24", false, false),
    ("240.0.0.0/4", false, false),
    ("255.255.255.255/32", false, false),
    // https://www.iana.org/assignments/multicast-addresses
    ("224.0.0.0/4", false, false),
    // https://www.iana.org/assignments/iana-ipv6-special-registry
    ("::1/128", false, false),
    ("::/128", false, false),
    ("::ffff:0:0/96", false, false),
    ("64:ff9b:1::/48", false, false),
    ("100::/64", false, false),
    ("100:0:0:1::/64", false, false),
    ("2001::/23", false, false),
    ("2001::/32", false, false),
    ("2001:1::1/128", true, false),
    ("2001:1::2/128", true, false),
    ("2001:1::3/128", true, false),
    ("2001:2::/48", false, false),
    ("2001:3::/32", true, false),
    ("2001:4:112::/48", true, false),
    ("2001:10::/28", false, false),
    ("2001:20::/28", true, false),
    ("2001:30::/28", true, false),
    ("2001:db8::/32", false, false),
    ("2002::/16", false, false),
    ("2620:4f:8000::/48", true, true),
    ("3fff::/20", false, false),
    ("5f00::/16", false, false),
    ("fc00::/7", false, false),
    ("fe80::/10", false, false),
    // https://www.iana.org/assignments/ipv6-multicast-addresses, and site-local addresses (RFC 3879)
    ("ff00::/8", false, false),
    ("fec0::/10", false, false),
    // Clouds' metadata services that are not in a range above, and one that is.
    ("168.63.129.16/32", true, false),
    ("100.100.100.200/32", false, false),
];

fn address(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

#[test]
fn special_ranges_are_refused_from_their_first_to_their_last_address() {
    for (range, reachable, expected) in REGISTRY {
        let range: IpNet = range.parse().expect("a range");
        for address in [range.network(), range.broadcast()] {
            assert_eq!(is_public(address), *expected, "{address} of {range}");
        }
        assert!(
            *reachable || !*expected,
            "{range}: never laxer than the registry"
        );
    }
}

#[test]
fn the_neighbours_of_special_ranges_are_public() {
    for text in [
        "1.0.0.0",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "126.255.255.255",
        "128.0.0.0",
        "168.63.129.15",
        "168.63.129.17",
        "169.253.255.255",
        "169.255.0.0",
        "172.15.255.255",
        "172.32.0.0",
        "191.255.255.255",
        "192.0.1.0",
        "192.0.1.255",
        "192.0.3.0",
        "192.167.255.255",
        "192.169.0.0",
        "198.17.255.255",
        "198.20.0.0",
        "198.51.99.255",
        "198.51.101.0",
        "203.0.112.255",
        "203.0.114.0",
        "223.255.255.255",
        "8.8.8.8",
        "2001:200::",
        "2001:db7:ffff::",
        "2001:db9::",
        "2003::",
        "2000::",
        "3ffe::",
        "3fff:1000::",
        "2606:4700::1111",
    ] {
        assert!(is_public(address(text)), "{text}");
    }
}

#[test]
fn what_is_outside_the_assigned_part_of_ipv6_is_not_public() {
    for text in [
        "::2",
        "::7f00:1",
        "1fff:ffff::",
        "4000::",
        "64:ff9c::",
        "fe00::",
        "fdff::1",
    ] {
        assert!(!is_public(address(text)), "{text}");
    }
}

#[test]
fn tunnels_and_translators_are_seen_through() {
    for text in [
        "::ffff:127.0.0.1",
        "::ffff:8.8.8.8",
        "::127.0.0.1",
        "64:ff9b::127.0.0.1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b::10.0.0.1",
        "64:ff9b:1::10.0.0.1",
        "2002:7f00:1::",
        "2002:a9fe:a9fe::1",
        "2002:808:808::1",
        "2001:0:a9fe:a9fe::1",
        "2606:4700::5efe:10.0.0.1",
        "2606:4700::200:5efe:8.8.8.8",
    ] {
        assert!(!is_public(address(text)), "{text}");
    }
    assert!(is_public(address("64:ff9b::8.8.8.8")));
}

proptest! {
    /// The standard library's predicates were written by others: whatever one of them calls special is refused.
    #[test]
    fn the_standard_library_agrees(v4: u32, v6: u128) {
        for address in [IpAddr::from(v4.to_be_bytes()), IpAddr::from(v6.to_be_bytes())] {
            let special = address.is_loopback() || address.is_multicast() || address.is_unspecified()
                || match address {
                    IpAddr::V4(v4) => v4.is_private() || v4.is_link_local() || v4.is_broadcast()
                        || v4.is_documentation(),
                    IpAddr::V6(v6) => v6.is_unique_local() || v6.is_unicast_link_local(),
                };
            prop_assert!(!(special && is_public(address)), "{}", address);
        }
    }

    /// Under the translators' prefix an address is as public as the one it stands for; mapped ones never are.
    #[test]
    fn an_embedded_address_is_judged_as_itself(v4: u32) {
        let inner = IpAddr::from(v4.to_be_bytes());
        let translated = IpAddr::from((0x64_ff9b_u128 << 96 | u128::from(v4)).to_be_bytes());
        prop_assert_eq!(is_public(translated), is_public(inner));
        let mapped = IpAddr::from((0xffff_u128 << 32 | u128::from(v4)).to_be_bytes());
        prop_assert!(!is_public(mapped));
    }
}
