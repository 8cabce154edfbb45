//! Which addresses are part of the public Internet, and which an attacker would like us to visit.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{Ipv4Net, Ipv6Net};

/// A range of addresses that callbacks do not visit by themselves.
#[derive(Debug)]
pub(crate) struct SpecialRange<Network> {
    network: Network,
    pub name: &'static str,
    /// Whether services of a private network live here, so that an allowed host may resolve to it.
    pub internal: bool,
}

/// What refuses an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Special {
    pub name: &'static str,
    pub internal: bool,
}

/// IANA's IPv4 Special-Purpose Address Registry and multicast, with the addresses of clouds' metadata services before the
/// ranges that contain them. Stricter than the registry for anycast addresses of protocols (192.0.0.9, .10, AMT).
const IPV4: &[SpecialRange<Ipv4Net>] = &[
    v4([100, 100, 100, 200], 32, "cloud metadata", false),
    v4([168, 63, 129, 16], 32, "cloud metadata", false),
    v4([0, 0, 0, 0], 8, "this network", false),
    v4([10, 0, 0, 0], 8, "private", true),
    v4([100, 64, 0, 0], 10, "shared", true),
    v4([127, 0, 0, 0], 8, "loopback", true),
    v4([169, 254, 0, 0], 16, "link-local", false),
    v4([172, 16, 0, 0], 12, "private", true),
    v4([192, 0, 0, 0], 24, "protocol assignments", false),
    v4([192, 0, 2, 0], 24, "documentation", false),
    v4([192, 52, 193, 0], 24, "protocol anycast", false),
    v4([192, 88, 99, 0], 24, "6to4 relay", false),
    v4([192, 168, 0, 0], 16, "private", true),
    v4([198, 18, 0, 0], 15, "benchmarking", false),
    v4([198, 51, 100, 0], 24, "documentation", false),
    v4([203, 0, 113, 0], 24, "documentation", false),
    v4([224, 0, 0, 0], 4, "multicast", false),
    v4([240, 0, 0, 0], 4, "reserved", false),
];

/// The same for IPv6; what is outside `2000::/3` and not named here is refused as not assigned. Stricter than the registry for
/// the whole of `2001::/23`, where only protocols live.
const IPV6: &[SpecialRange<Ipv6Net>] = &[
    v6(
        [0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254],
        128,
        "cloud metadata",
        false,
    ),
    v6(
        [0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254],
        128,
        "cloud metadata",
        false,
    ),
    v6([0, 0, 0, 0, 0, 0, 0, 1], 128, "loopback", true),
    v6([0, 0, 0, 0, 0, 0xffff, 0, 0], 96, "IPv4-mapped", false),
    v6([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7, "private", true),
    v6([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10, "link-local", false),
    v6([0xff00, 0, 0, 0, 0, 0, 0, 0], 8, "multicast", false),
    v6(
        [0x2001, 0, 0, 0, 0, 0, 0, 0],
        23,
        "protocol assignments",
        false,
    ),
    v6(
        [0x2001, 0xdb8, 0, 0, 0, 0, 0, 0],
        32,
        "documentation",
        false,
    ),
    v6([0x2002, 0, 0, 0, 0, 0, 0, 0], 16, "6to4", false),
    v6([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20, "documentation", false),
];

const GLOBAL_UNICAST: Ipv6Net = Ipv6Net::new_assert(Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);
/// RFC 6052: the prefix under which translators reach IPv4.
const NAT64: Ipv6Net = Ipv6Net::new_assert(Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0), 96);

/// Whether an address is one of the public Internet, where a callback may go without being allowed by name: none of IANA's
/// special-purpose ranges, no multicast, no tunnel or translation into such a range, no cloud's metadata service.
#[must_use]
pub fn is_public(address: IpAddr) -> bool {
    special(address).is_none()
}

/// What is special about an address that is not public.
pub(crate) fn special(address: IpAddr) -> Option<Special> {
    match address {
        IpAddr::V4(address) => special_v4(address),
        IpAddr::V6(address) => special_v6(address),
    }
}

/// The IPv4 address that packets to an IPv6 address end at.
pub(crate) fn embedded_v4(address: IpAddr) -> Option<Ipv4Addr> {
    let IpAddr::V6(address) = address else {
        return None;
    };
    if NAT64.contains(&address) {
        let [.., a, b, c, d] = address.octets();
        return Some(Ipv4Addr::new(a, b, c, d));
    }
    address.to_ipv4_mapped()
}

fn special_v4(address: Ipv4Addr) -> Option<Special> {
    IPV4.iter()
        .find(|range| range.network.contains(&address))
        .map(SpecialRange::what)
}

fn special_v6(address: Ipv6Addr) -> Option<Special> {
    let named = IPV6.iter().find(|range| range.network.contains(&address));
    if let Some(range) = named {
        return Some(range.what());
    }
    if NAT64.contains(&address) {
        return special_v4(embedded_v4(address.into())?);
    }
    if !GLOBAL_UNICAST.contains(&address) {
        return Some(Special::external("not assigned"));
    }
    // RFC 5214: the last half names an IPv4 address of the tunnel's other end.
    let [.., a, b, _, _] = address.segments();
    (a & 0xfdff == 0 && b == 0x5efe).then_some(Special::external("ISATAP"))
}

impl Special {
    const fn external(name: &'static str) -> Self {
        Self {
            name,
            internal: false,
        }
    }
}

impl<Network> SpecialRange<Network> {
    fn what(&self) -> Special {
        Special {
            name: self.name,
            internal: self.internal,
        }
    }
}

const fn v4(
    octets: [u8; 4],
    prefix: u8,
    name: &'static str,
    internal: bool,
) -> SpecialRange<Ipv4Net> {
    SpecialRange {
        network: Ipv4Net::new_assert(Ipv4Addr::from_octets(octets), prefix),
        name,
        internal,
    }
}

const fn v6(
    segments: [u16; 8],
    prefix: u8,
    name: &'static str,
    internal: bool,
) -> SpecialRange<Ipv6Net> {
    SpecialRange {
        network: Ipv6Net::new_assert(Ipv6Addr::from_segments(segments), prefix),
        name,
        internal,
    }
}
