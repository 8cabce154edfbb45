//! URLs as tenants and attackers write them.

use clasper_core::Classify;
use clasper_notify::{CallbackUrl, GuardPolicy, MAX_URL_BYTES, PlainHttp, Ports, UrlError};
use proptest::prelude::*;

fn parse(text: &str) -> Result<CallbackUrl, UrlError> {
    CallbackUrl::parse(text, &GuardPolicy::default())
}

fn refused(what: &'static str) -> UrlError {
    UrlError::Address { what }
}

#[test]
fn plain_https_addresses_are_accepted() {
    for (text, stored) in [
        ("https://hooks.example.com", "https://hooks.example.com/"),
        (
            "https://hooks.example.com/a/b?c=d&e=@",
            "https://hooks.example.com/a/b?c=d&e=@",
        ),
        (
            "HTTPS://Hooks.Example.COM:443/A",
            "https://hooks.example.com/A",
        ),
        (
            "https://xn--bcher-kva.example/",
            "https://xn--bcher-kva.example/",
        ),
        ("https://8.8.8.8/x", "https://8.8.8.8/x"),
        (
            "https://[2606:4700:0::1111]/x",
            "https://[2606:4700::1111]/x",
        ),
        ("https://a.example/%2e%2e/%00", "https://a.example/%00"),
    ] {
        assert_eq!(parse(text).expect(text).expose(), stored);
    }
}

#[test]
fn tricks_with_the_host_are_refused() {
    for text in [
        // The loopback address in octal, hexadecimal, as one number, with parts left out, in other digits.
        "https://0177.0.0.1/",
        "https://0x7f.0.0.1/",
        "https://0x7f000001/",
        "https://2130706433/",
        "https://017700000001/",
        "https://127.1/",
        "https://127.0.1/",
        "https://0/",
        "https://127.0.0.1./",
        "https://127.0.0.01/",
        "https://1.1.1.1.1/",
        "https://256.1.1.1/",
        // Percent signs, which the URL standard decodes in hosts.
        "https://%31%32%37.0.0.1/",
        "https://127%2e0%2e0%2e1/",
        "https://loc%61lhost/",
        "https://example.com%00.evil.example/",
        "https://example.com%2f.evil.example/",
        // Names that are none.
        "https://",
        "https:///x",
        "https://.",
        "https://a..b/",
        "https://example.com./",
        "https://-a.example/",
        "https://a_b-.example/",
        "https://*.example.com/",
        "https://example.com:80:80/",
        "https://[::1/",
        "https://::1/",
        "https://[]/",
        "https://[fe80::1%25eth0]/",
        "https://[::1]x/",
        "https://x[::1]/",
        "https://[127.0.0.1]/",
        "https://xn--/",
        "https://a.xn--zz---zz/",
    ] {
        let error = parse(text).expect_err(text);
        assert!(
            matches!(error, UrlError::Host | UrlError::Port | UrlError::Malformed),
            "{text}: {error:?}"
        );
        assert_eq!(error.code(), "callback_url_invalid");
    }
}

#[test]
fn characters_that_programs_read_differently_are_refused() {
    for text in [
        "https://exam\tple.com/",
        "https://example.com/\r\nHost: x",
        " https://example.com",
        "https://example.com\\@127.0.0.1/",
        "https:\\\\example.com",
        "https://127。0。0。1/",
        "https://①②⑦.0.0.1/",
        "https://bücher.example/",
        "https://exa\u{ad}mple.com/",
        "https://example.com/ä",
        "https://example.com/\u{0}",
    ] {
        assert_eq!(parse(text), Err(UrlError::Characters), "{text:?}");
    }
}

#[test]
fn other_schemes_credentials_and_fragments_are_refused() {
    for (text, error) in [
        ("", UrlError::Scheme),
        ("example.com", UrlError::Scheme),
        ("//example.com/", UrlError::Scheme),
        ("https:example.com", UrlError::Scheme),
        ("https:/example.com", UrlError::Scheme),
        ("ftp://example.com/", UrlError::Scheme),
        ("file:///etc/passwd", UrlError::Scheme),
        ("gopher://127.0.0.1:6379/_x", UrlError::Scheme),
        ("unix:///run/x.sock", UrlError::Scheme),
        ("http://example.com/", UrlError::PlainHttp),
        ("https://user@example.com/", UrlError::Credentials),
        ("https://user:pass@example.com/", UrlError::Credentials),
        ("https://@example.com/", UrlError::Credentials),
        ("https://example.com@127.0.0.1/", UrlError::Credentials),
        ("https://example.com:443@127.0.0.1/", UrlError::Credentials),
        ("https://example.com/#x", UrlError::Fragment),
        ("https://127.0.0.1#@example.com/", UrlError::Fragment),
    ] {
        assert_eq!(parse(text), Err(error), "{text}");
    }
}

#[test]
fn literal_addresses_that_are_not_public_are_refused() {
    for (host, what) in [
        ("127.0.0.1", "loopback"),
        ("0.0.0.0", "this network"),
        ("10.1.2.3", "private"),
        ("169.254.169.254", "link-local"),
        ("100.64.0.1", "shared"),
        ("168.63.129.16", "cloud metadata"),
        ("255.255.255.255", "reserved"),
        ("[::1]", "loopback"),
        ("[0:0:0:0:0:0:0:1]", "loopback"),
        ("[::]", "not assigned"),
        ("[::ffff:127.0.0.1]", "IPv4-mapped"),
        ("[::ffff:7f00:1]", "IPv4-mapped"),
        ("[::FFFF:A9FE:A9FE]", "IPv4-mapped"),
        ("[::127.0.0.1]", "not assigned"),
        ("[64:ff9b::169.254.169.254]", "link-local"),
        ("[2002:7f00:1::]", "6to4"),
        ("[fd00:ec2::254]", "cloud metadata"),
        ("[fe80::1]", "link-local"),
        ("[fc00::1]", "private"),
        ("[ff02::1]", "multicast"),
    ] {
        let text = format!("https://{host}/");
        assert_eq!(parse(&text), Err(refused(what)), "{text}");
    }
}

#[test]
fn local_names_are_refused_until_the_operator_allows_them() {
    for host in [
        "localhost",
        "LOCALHOST",
        "a.localhost",
        "backend",
        "db.internal",
        "metadata.google.internal",
        "nas.local",
        "router.lan",
        "x.home.arpa",
        "1.0.0.127.in-addr.arpa",
        "hidden.onion",
    ] {
        let text = format!("https://{host}/");
        assert_eq!(parse(&text), Err(UrlError::LocalHost), "{text}");
        let policy = GuardPolicy::default().allow_host(&host.to_ascii_lowercase());
        let policy = policy.expect("a host");
        assert!(CallbackUrl::parse(&text, &policy).is_ok(), "{text}");
    }
}

#[test]
fn ports_are_the_standard_ones_until_the_operator_allows_more() {
    let also = GuardPolicy::default().ports(Ports::Also([8443].into()));
    let any = GuardPolicy::default().ports(Ports::Any);
    let with = |port: &str, policy: &GuardPolicy| {
        CallbackUrl::parse(&format!("https://example.com:{port}/"), policy).map(drop)
    };
    assert_eq!(with("443", &GuardPolicy::default()), Ok(()));
    for port in ["80", "22", "25", "8443", "6379"] {
        assert_eq!(
            with(port, &GuardPolicy::default()),
            Err(UrlError::PortRefused),
            "{port}"
        );
        assert_eq!(with(port, &any), Ok(()), "{port}");
    }
    assert_eq!(with("8443", &also), Ok(()));
    assert_eq!(with("6379", &also), Err(UrlError::PortRefused));
    for port in ["", "0", "0443", "65536", "+443", "4 43", "44a", "443:443"] {
        assert!(with(port, &any).is_err(), "{port:?}");
    }
}

#[test]
fn plain_http_goes_where_the_operator_says() {
    let base = || {
        let policy = GuardPolicy::default().allow_host("backend");
        policy
            .and_then(|policy| policy.allow_network("10.0.0.0/8"))
            .expect("rules")
    };
    let with =
        |text: &str, plain_http| CallbackUrl::parse(text, &base().plain_http(plain_http)).map(drop);
    for text in ["http://backend/", "http://10.1.2.3/"] {
        assert_eq!(
            with(text, PlainHttp::Refused),
            Err(UrlError::PlainHttp),
            "{text}"
        );
        assert_eq!(with(text, PlainHttp::ToAllowed), Ok(()), "{text}");
        assert_eq!(with(text, PlainHttp::Anywhere), Ok(()), "{text}");
    }
    for text in ["http://example.com/", "http://8.8.8.8/"] {
        assert_eq!(
            with(text, PlainHttp::ToAllowed),
            Err(UrlError::PlainHttp),
            "{text}"
        );
        assert_eq!(with(text, PlainHttp::Anywhere), Ok(()), "{text}");
    }
    assert_eq!(
        with("http://127.0.0.1/", PlainHttp::Anywhere),
        Err(refused("loopback"))
    );
}

#[test]
fn a_url_has_at_most_two_thousand_and_forty_eight_bytes() {
    let base = "https://example.com/";
    let of = |bytes: usize| format!("{base}{}", "a".repeat(bytes - base.len()));
    assert!(parse(&of(MAX_URL_BYTES)).is_ok());
    assert_eq!(parse(&of(MAX_URL_BYTES + 1)), Err(UrlError::TooLong));
}

#[test]
fn paths_and_queries_show_neither_in_debug_nor_in_display() {
    let url = parse("https://hooks.example.com/T0KEN/x?key=s3cret").expect("a URL");
    let shown = format!("{url} {url:?}");
    assert_eq!(
        shown,
        "https://hooks.example.com:443 CallbackUrl(https://hooks.example.com:443/…)"
    );
    assert_eq!(url.host(), "hooks.example.com");
}

proptest! {
    /// A stored URL reads as the same URL again.
    #[test]
    fn what_is_stored_reads_the_same(
        host in "([a-z][a-z0-9]{0,8}\\.){1,3}com",
        path in "(/[a-zA-Z0-9._~%!$&'()*+,;=:@|^-]{0,10}){0,4}",
        query in "(\\?[!-\"$-\\[\\]-~]{0,30})?",
    ) {
        let url = parse(&format!("https://{host}{path}{query}"))?;
        // The client takes it too.
        prop_assert!(url.expose().parse::<axum::http::Uri>().is_ok(), "{}", url.expose());
        prop_assert_eq!(url.host(), host.as_str());
        prop_assert_eq!(parse(url.expose())?, url);
    }

    /// An address in any spelling that some program understands is refused, or taken for what it is.
    #[test]
    fn no_spelling_of_an_address_hides_it(
        v4 in prop_oneof![any::<u32>(), Just(0x7f00_0001), Just(0xa9fe_a9fe), Just(0x0a00_0001)],
        radix in prop::array::uniform4(0_usize..5),
        parts in 1_usize..=4,
        suffix in prop_oneof![Just(""), Just("."), Just(":443"), Just("/"), Just("?x")],
    ) {
        for text in [
            format!("https://{}{suffix}", spell(v4, radix, parts)),
            format!("https://[::ffff:{:x}:{:x}]{suffix}", v4 >> 16, v4 & 0xffff),
            format!("https://[::ffff:{}]{suffix}", std::net::Ipv4Addr::from(v4)),
            format!("https://[::{:x}:{:x}]{suffix}", v4 >> 16, v4 & 0xffff),
            format!("https://[64:ff9b::{:x}:{:x}]{suffix}", v4 >> 16, v4 & 0xffff),
            format!("https://[2002:{:x}:{:x}::1]{suffix}", v4 >> 16, v4 & 0xffff),
        ] {
            if let Ok(url) = parse(&text) {
                let host = url.host().trim_matches(['[', ']']);
                let address = host.parse();
                prop_assert!(address.is_ok_and(clasper_notify::is_public), "{}", text);
            }
        }
    }
}

/// `v4` in 1 to 4 parts as `inet_aton` reads them, each in its own radix.
fn spell(v4: u32, radix: [usize; 4], parts: usize) -> String {
    let bytes = v4.to_be_bytes();
    let last = bytes[parts - 1..]
        .iter()
        .fold(0_u32, |sum, byte| sum << 8 | u32::from(*byte));
    let numbers = bytes[..parts - 1]
        .iter()
        .map(|byte| u32::from(*byte))
        .chain([last]);
    let spelled: Vec<String> = numbers
        .zip(radix)
        .map(|(number, radix)| match radix {
            0 => format!("{number}"),
            1 => format!("0{number:o}"),
            2 => format!("0x{number:x}"),
            3 => format!("0X{number:08X}"),
            _ => format!("000{number:o}"),
        })
        .collect();
    spelled.join(".")
}
